import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface BatchNormOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  epsilon: number
  activation: Activation
}

/**
 * What kernels share that treat all pixels of a channel alike: the same invocation takes about this many of them, so that
 * what belongs to the channel is loaded once.
 */
const PIXELS = 8

/** Parameters and grid of such a kernel. */
export function alongChannels([n, h, w, channels]: Shape) {
  const pixels = n * h * w
  const stride = Math.ceil(pixels / PIXELS)
  return {
    params: { pixels, vectors: vectors(channels), channels, stride },
    workgroups: Math.ceil((stride * vectors(channels)) / 64),
  }
}

/** act((input − mean)·gamma/√(variance + ε) + beta), with vectors of shape [c]; the output has the input's shape. */
export function batchNorm({ label, input, epsilon, activation }: BatchNormOptions): Kernel {
  const { params, workgroups } = alongChannels(input)
  const [bytes, vectorBytes] = [activationBytes(input), input[3] * 4]
  return {
    label,
    shader: 'batch_norm',
    params: { ...params, epsilon, ...activationRange(activation) },
    inputs: { input: bytes, gamma: vectorBytes, beta: vectorBytes, mean: vectorBytes, variance: vectorBytes },
    outputs: { output: bytes },
    workgroups,
  }
}
