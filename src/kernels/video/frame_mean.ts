import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { elementwise } from '../elementwise/elementwise.ts'
import type { Shape } from '../layout.ts'

/** Moves `mean` towards `frame`, both of shape [n, h, w, c], by `share` of the distance. The share is f32 [1]; 1 begins a new mean. */
export function frameMean({ label, shape }: { label: string; shape: Shape }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.frame_mean, shape)
  return {
    label,
    shader: shaders.frame_mean,
    params,
    inputs: { frame: bytes, share: 4 },
    outputs: { mean: bytes },
    workgroups,
    traffic: { mean: 2 * bytes }, // read and written
  }
}
