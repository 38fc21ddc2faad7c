import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
import { type Activation, activationRange } from '../elementwise/activation.ts'
import { activationBytes, type Shape } from '../layout.ts'

export interface BatchNormOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  epsilon: number
  activation: Activation
}

/** act((input − mean)·gamma/√(variance + ε) + beta). The four vectors are [c], and the output has the input's shape. */
export function batchNorm({ label, input, epsilon, activation }: BatchNormOptions): Kernel {
  const { params, workgroups } = alongChannels(shaders.batch_norm, input)
  const [bytes, vectorBytes] = [activationBytes(input), input[3] * 4]
  return {
    label,
    shader: shaders.batch_norm,
    params: { ...params, epsilon, ...activationRange(activation) },
    inputs: { input: bytes, gamma: vectorBytes, beta: vectorBytes, mean: vectorBytes, variance: vectorBytes },
    outputs: { output: bytes },
    workgroups,
  }
}
