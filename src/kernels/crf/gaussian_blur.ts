import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'

/** Values along the axis that an invocation computes. */
const RUN = constantOf(shaders.gaussian_blur, 'RUN')

/** Beyond so many standard deviations a Gaussian counts as 0: what is left out of a sum is 6e-7 of it. */
const REACH = 5

interface GaussianBlurOptions {
  label: string
  /** The vectors [outer, length, inner]. The filter goes along the axis in the middle. */
  shape: readonly [outer: number, length: number, inner: number]
  /** As many as `gaussianTaps` gives. */
  radius: number
  scale: number
}

/** output = scale · D^-1/2 K D^-1/2 · input along one axis, K a Gaussian and D = K · 1. */
export function gaussianBlur({ label, shape, radius, scale }: GaussianBlurOptions): Kernel {
  const [outer, length, inner] = shape
  const runs = Math.ceil(length / RUN)
  const count = outer * runs * inner
  const bytes = outer * length * inner * VECTOR_BYTES
  return {
    label,
    shader: shaders.gaussian_blur,
    params: { length, inner, runs, count, radius, scale },
    inputs: { input: bytes, taps: (radius + 1) * 4, norms: length * 4 },
    outputs: { output: bytes },
    workgroups: workgroupsFor(shaders.gaussian_blur, count),
    macs: outer * length * inner * 4 * (2 * radius + 1),
  }
}

/** A Gaussian at the distances 0 … radius, for an axis of `length` values. */
export function gaussianTaps(length: number, deviation: number): Float32Array {
  const radius = Math.min(length - 1, Math.ceil(REACH * deviation))
  return Float32Array.from({ length: radius + 1 }, (_, distance) =>
    Math.exp(-0.5 * (distance / deviation) ** 2),
  )
}

/** D^-1/2 for `gaussianBlur`, where D = K · 1 is the sum of the taps that are inside. */
export function gaussianNorms(length: number, taps: Float32Array): Float32Array {
  const radius = taps.length - 1
  return Float32Array.from({ length }, (_, at) => {
    let sum = 0
    for (let other = Math.max(0, at - radius); other <= Math.min(length - 1, at + radius); other++)
      sum += taps[Math.abs(other - at)]
    return 1 / Math.sqrt(sum)
  })
}
