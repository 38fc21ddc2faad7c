import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'

/** Values along the axis that an invocation computes. */
const RUN = constantOf(shaders.box_mean, 'RUN')

interface BoxMeanOptions {
  label: string
  /** The vectors [outer, length, inner]. The windows are along the axis in the middle. */
  shape: readonly [outer: number, length: number, inner: number]
  /** A window has 2 · radius + 1 values, and fewer at the ends of the axis. */
  radius: number
}

/** The mean over a window along one axis. */
export function boxMean({ label, shape, radius }: BoxMeanOptions): Kernel {
  const [outer, length, inner] = shape
  const runs = Math.ceil(length / RUN)
  const count = outer * runs * inner
  const bytes = outer * length * inner * VECTOR_BYTES
  return {
    label,
    shader: shaders.box_mean,
    params: { length, inner, runs, count, radius: Math.min(radius, length - 1) },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: workgroupsFor(shaders.box_mean, count),
  }
}
