import { batchNorm } from '../../src/kernels/normalisation/batch_norm.ts'
import type { Activation } from '../reference/activation.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { type BatchNormStatistics, batchNorm as reference } from '../reference/batch_norm.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: Shape4
  /** 1e-5 in torchvision, 1e-3 in TensorFlow's MobileNetV2 */
  epsilon: number
  activation: Activation
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const plain = { epsilon: 1e-5, activation: 'none', seed: 1 } as const

const cases: Case[] = [
  { ...plain, name: 'one value', input: [1, 1, 1, 1] },
  { ...plain, name: '3 channels, one row', input: [1, 1, 7, 3], answer: true },
  { ...plain, name: '5 channels, odd map, relu', input: [1, 17, 13, 5], activation: 'relu' },
  { ...plain, name: '5 channels, batch 2, relu', input: [2, 3, 4, 5], activation: 'relu', answer: true },
  {
    ...plain,
    name: '6 channels, epsilon 1e-3, relu6',
    input: [1, 5, 4, 6],
    epsilon: 1e-3,
    activation: 'relu6',
    answer: true,
  },
  { ...plain, name: '21 channels, batch 3', input: [3, 9, 7, 21] },
  {
    ...plain,
    name: '24 channels, epsilon 1e-3, relu6',
    input: [2, 8, 6, 24],
    epsilon: 1e-3,
    activation: 'relu6',
  },
  { ...plain, name: '960 channels', input: [1, 5, 3, 960], epsilon: 1e-3 },
  {
    ...plain,
    name: 'NaN, relu',
    input: [1, 5, 3, 5],
    activation: 'relu',
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    ...plain,
    name: 'Inf',
    input: [1, 5, 3, 24],
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 4, 2, 23] },
  },
  { ...plain, name: 'resnet50.layer1.bn3', input: [1, 129, 129, 256], bench: true },
  { ...plain, name: 'aspp.bn, relu', input: [1, 33, 33, 256], activation: 'relu', bench: true },
]

/** Statistics of `channels` channels, with variances in (0.5, 1.5). */
export function randomStatistics(channels: number, seed: number, epsilon: number): BatchNormStatistics {
  return {
    gamma: randomValues(channels, seed, 2),
    beta: randomValues(channels, seed + 1, 2),
    mean: randomValues(channels, seed + 2),
    variance: randomValues(channels, seed + 3, 0.5).map(v => Math.fround(1 + v)),
    epsilon,
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'batch_norm',
  cases,
  run({ name: label, input: shape, epsilon, activation, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    const statistics = randomStatistics(shape[3], seed + 1, epsilon)
    const { gamma, beta, mean, variance } = statistics
    return {
      kernel: batchNorm({ label, input: shape, epsilon, activation }),
      data: {
        input: toGpu(input),
        gamma: Float32Array.from(gamma),
        beta: Float32Array.from(beta),
        mean: Float32Array.from(mean),
        variance: Float32Array.from(variance),
      },
      expected: {
        output: activations(() => reference({ input, activation, ...statistics }), { rtol: tolerance(1) }),
      },
    }
  },
}
