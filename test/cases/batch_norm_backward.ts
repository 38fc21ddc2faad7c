import { type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import type { BatchNormBackward } from '../reference/batch_norm_backward.ts'
import { batchNormStatistics } from '../reference/batch_norm_statistics.ts'
import { randomStatistics } from './batch_norm.ts'

export interface BatchNormBackwardCase {
  name: string
  input: Shape4
  /** 1e-5 in torchvision, 1e-3 in TensorFlow's MobileNetV2 */
  epsilon: number
  seed: number
  /** a NaN or an infinity in the gradient of the output */
  plant?: Plant
  /** a real layer, worth timing */
  bench?: boolean
}

export const cases: BatchNormBackwardCase[] = [
  { name: 'image pooling: two images of one pixel', input: [2, 1, 1, 320], epsilon: 1e-5, seed: 1 },
  { name: 'one channel, one row', input: [1, 1, 7, 1], epsilon: 1e-5, seed: 1 },
  { name: '3 channels, batch 3', input: [3, 5, 7, 3], epsilon: 1e-5, seed: 1 },
  { name: '5 channels, odd map, epsilon 1e-3', input: [1, 17, 13, 5], epsilon: 1e-3, seed: 1 },
  { name: '21 channels, batch 2', input: [2, 9, 7, 21], epsilon: 1e-5, seed: 1 },
  { name: '24 channels, more tiles than lanes', input: [2, 65, 33, 24], epsilon: 1e-5, seed: 1 },
  {
    name: 'NaN',
    input: [1, 5, 3, 5],
    epsilon: 1e-5,
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.bn, batch 2', input: [2, 33, 33, 256], epsilon: 1e-5, seed: 1, bench: true },
]

/** The operands of a case, made from its seed; statistics that a kernel is given are exact in float32. */
export function batchNormBackwardOf(test: BatchNormBackwardCase): BatchNormBackward {
  const { input: shape, epsilon, seed, plant } = test
  const input = randomArray4(shape, seed)
  const { gamma } = randomStatistics(shape[3], seed + 1, epsilon)
  const { mean, variance } = batchNormStatistics(input)
  return {
    input,
    outputGradient: plantedArray4(shape, seed + 9, plant),
    gamma,
    mean: mean.map(Math.fround),
    variance: variance.map(Math.fround),
    epsilon,
  }
}
