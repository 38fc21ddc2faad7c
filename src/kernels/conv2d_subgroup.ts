import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'

/** `conv2d` for adapters whose subgroups all have `subgroupSize` lanes, at least 8: each computes 4 pixels a lane by 2 vectors. */
export function conv2dSubgroup(options: Conv2dOptions & { subgroupSize: number }): Kernel {
  return {
    shader: 'conv2d_subgroup',
    constants: { SUBGROUP_SIZE: options.subgroupSize },
    ...implicitGemm(options, { pixels: 4 * options.subgroupSize, vectors: 2 }),
  }
}
