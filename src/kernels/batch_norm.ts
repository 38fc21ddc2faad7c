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

/** act((input − mean)·gamma/√(variance + ε) + beta), with vectors of shape [c]; the output has the input's shape. */
export function batchNorm({ label, input, epsilon, activation }: BatchNormOptions): Kernel {
  const [n, h, w, channels] = input
  const bytes = activationBytes(input)
  const vectorBytes = channels * 4
  return {
    label,
    shader: 'batch_norm',
    params: {
      pixels: n * h * w,
      vectors: vectors(channels),
      channels,
      epsilon,
      ...activationRange(activation),
    },
    inputs: { input: bytes, gamma: vectorBytes, beta: vectorBytes, mean: vectorBytes, variance: vectorBytes },
    outputs: { output: bytes },
    workgroups: Math.ceil((n * h * w * vectors(channels)) / 64),
  }
}
