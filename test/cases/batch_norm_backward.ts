import type { Activation } from '../reference/activation.ts'
import { type Array4, type Plant, plantedArray4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { batchNorm } from '../reference/batch_norm.ts'
import type { BatchNormBackward } from '../reference/batch_norm_backward.ts'
import { batchNormStatistics } from '../reference/batch_norm_statistics.ts'
import { randomStatistics } from './batch_norm.ts'

export interface BatchNormBackwardCase {
  name: string
  input: Shape4
  /** 1e-5 in torchvision, 1e-3 in TensorFlow's MobileNetV2 */
  epsilon: number
  /** fused into the batch norm */
  activation?: Activation
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
  { name: 'relu, 21 channels', input: [2, 9, 7, 21], epsilon: 1e-5, activation: 'relu', seed: 1 },
  { name: 'relu6, 5 channels', input: [3, 17, 13, 5], epsilon: 1e-3, activation: 'relu6', seed: 1 },
  {
    name: 'relu, NaN',
    input: [1, 5, 3, 5],
    epsilon: 1e-5,
    activation: 'relu',
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.bn, batch 2', input: [2, 33, 33, 256], epsilon: 1e-5, seed: 1, bench: true },
  {
    name: 'aspp.bn with its relu, batch 2',
    input: [2, 33, 33, 256],
    epsilon: 1e-5,
    activation: 'relu',
    seed: 1,
    bench: true,
  },
]

/** How near a value may be to where its activation clamps: nearer than this, float32 may see it on the other side. */
const NEAREST = 1e-5

/** The operands of a case, made from its seed; statistics that a kernel is given are exact in float32. */
export function batchNormBackwardOf(test: BatchNormBackwardCase): BatchNormBackward {
  const { input: shape, epsilon, activation = 'none', seed, plant } = test
  const input = randomArray4(shape, seed)
  const { gamma, beta } = randomStatistics(shape[3], seed + 1, epsilon)
  const statistics = batchNormStatistics(input)
  const [mean, variance] = [statistics.mean.map(Math.fround), statistics.variance.map(Math.fround)]
  // So that relu6 clamps at both ends, where it is that.
  const wide = activation === 'relu6' ? gamma.map(value => 4 * value) : gamma
  const norm = { gamma: wide, beta, mean, variance, epsilon, activation }
  return { input: awayFromEnds(input, norm), outputGradient: plantedArray4(shape, seed + 9, plant), ...norm }
}

/** The input, but for a nudge where its value is too near. */
function awayFromEnds(input: Array4, norm: Omit<BatchNormBackward, 'input' | 'outputGradient'>): Array4 {
  const values = batchNorm({ input, ...norm, activation: 'none' })
  const isNear = (value: number) => Math.min(Math.abs(value), Math.abs(value - 6)) < NEAREST
  const data = input.data.map((x, i) => (isNear(values.data[i]) ? Math.fround(x + 1e-3) : x))
  return { shape: input.shape, data }
}
