// What the suites of batch_norm_backward_reduce, _merge and _input share.

import type { Activation } from '../../reference/activation.ts'
import { type Array4, type Plant, plantedArray4, randomArray4, type Shape4 } from '../../reference/array4.ts'
import { batchNorm } from '../../reference/batch_norm.ts'
import {
  type BatchNormBackward,
  batchNormBackward as reference,
  throughActivation,
} from '../../reference/batch_norm_backward.ts'
import { batchNormStatistics } from '../../reference/batch_norm_statistics.ts'
import { toGpu } from '../../support/activations.ts'
import type { KernelCase } from '../../support/kernel_suite.ts'
import { randomStatistics } from '../batch_norm.ts'
import { tilesOf } from '../batch_norm_statistics.ts'

export interface BatchNormBackwardCase extends KernelCase {
  input: Shape4
  /** 1e-5 in torchvision, 1e-3 in TensorFlow's MobileNetV2 */
  epsilon: number
  /** fused into the batch norm */
  activation?: Activation
  seed: number
  /** a NaN or an infinity in the gradient of the output */
  plant?: Plant
}

export const cases: BatchNormBackwardCase[] = [
  { name: 'image pooling: two images of one pixel', input: [2, 1, 1, 320], epsilon: 1e-5, seed: 1 },
  { name: '36 channels, two pixels', input: [2, 1, 1, 36], epsilon: 1e-5, seed: 1, answer: true },
  { name: 'one channel, one row', input: [1, 1, 7, 1], epsilon: 1e-5, seed: 1 },
  { name: '3 channels, batch 3', input: [3, 5, 7, 3], epsilon: 1e-5, seed: 1 },
  { name: '5 channels, odd map, epsilon 1e-3', input: [1, 17, 13, 5], epsilon: 1e-3, seed: 1 },
  { name: '21 channels, batch 2', input: [2, 9, 7, 21], epsilon: 1e-5, seed: 1 },
  { name: '24 channels, more tiles than lanes', input: [2, 65, 33, 24], epsilon: 1e-5, seed: 1 },
  {
    name: '3 channels, more tiles than lanes, relu',
    input: [2, 9, 8, 3],
    epsilon: 1e-3,
    activation: 'relu',
    seed: 1,
    answer: true,
  },
  {
    name: '5 channels, relu6',
    input: [1, 5, 4, 5],
    epsilon: 1e-3,
    activation: 'relu6',
    seed: 1,
    answer: true,
  },
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
  // So large that relu6 clamps at both ends.
  const wide = activation === 'relu6' ? gamma.map(value => 4 * value) : gamma
  const norm = { gamma: wide, beta, mean, variance, epsilon, activation }
  return { input: awayFromEnds(input, norm), outputGradient: plantedArray4(shape, seed + 9, plant), ...norm }
}

/** The input; a value that is too near to where the activation clamps is moved a little. */
function awayFromEnds(input: Array4, norm: Omit<BatchNormBackward, 'input' | 'outputGradient'>): Array4 {
  const values = batchNorm({ input, ...norm, activation: 'none' })
  const isNear = (value: number) => Math.min(Math.abs(value), Math.abs(value - 6)) < NEAREST
  const data = input.data.map((x, i) => (isNear(values.data[i]) ? Math.fround(x + 1e-3) : x))
  return { shape: input.shape, data }
}

/** The inputs of the two kernels that read every pixel. */
export const pixelInputs = ({ input, outputGradient, gamma, beta, mean, variance }: BatchNormBackward) => ({
  input: toGpu(input),
  output_gradient: toGpu(outputGradient),
  gamma: Float32Array.from(gamma),
  beta: Float32Array.from(beta),
  mean: Float32Array.from(mean),
  variance: Float32Array.from(variance),
})

/** The gradients of β and γ as batch_norm_backward_merge.wgsl leaves them for the gradient of the input, [2, c]. */
export function sumsOf(operands: BatchNormBackward): Array4 {
  const { gammaGradient, betaGradient } = reference(operands)
  const data = Float64Array.of(...betaGradient, ...gammaGradient)
  return { shape: [1, 1, 2, betaGradient.length], data }
}

/** The sums of every tile, [tiles, 2, c]. With γ and the deviation 1, the gradients of β and γ are these sums. */
export function gradientPartials(operands: BatchNormBackward): Array4 {
  const { input, mean } = operands
  const outputGradient = throughActivation(operands)
  const channels = input.shape[3]
  const ones = new Float64Array(channels).fill(1)
  const gradients = tilesOf(outputGradient)
  const rows = tilesOf(input).flatMap((tile, i) => {
    const unscaled = { gamma: ones, beta: ones, mean, variance: ones, epsilon: 0 }
    const { gammaGradient, betaGradient } = reference({
      input: tile,
      outputGradient: gradients[i],
      ...unscaled,
    })
    return [betaGradient, gammaGradient]
  })
  return { shape: [1, 1, rows.length, channels], data: Float64Array.from(rows.flatMap(row => [...row])) }
}
