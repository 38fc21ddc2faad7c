import { foldBatchNorm } from '../../src/kernels/normalisation/fold_batch_norm.ts'
import { randomWeight, type Weight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { type FoldBatchNorm, foldBatchNorm as reference } from '../reference/fold_batch_norm.ts'
import { randomValues } from '../reference/random.ts'
import { EXACT } from '../support/activations.ts'
import { floats, type Tolerance } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { inputChannelsOf, packedWeight, paddedVector } from '../support/pack_weight.ts'
import { randomStatistics } from './batch_norm.ts'

export interface FoldBatchNormCase extends KernelCase {
  /** OIHW; of a depthwise convolution [c, 1, kh, kw] */
  weight: Weight['shape']
  depthwise?: boolean
  bias: boolean
  epsilon: number
  seed: number
}

const plain = { bias: false, epsilon: 1e-5, seed: 1 } as const

const pointwise: FoldBatchNormCase = {
  ...plain,
  name: '1×1, 3 → 5 channels, with a bias',
  weight: [5, 3, 1, 1],
  bias: true,
}
const fiveChannels: FoldBatchNormCase = { ...plain, name: '3×3, 5 → 21 channels', weight: [21, 5, 3, 3] }

export const cases: FoldBatchNormCase[] = [
  { ...plain, name: 'one weight', weight: [1, 1, 1, 1] },
  pointwise,
  fiveChannels,
  {
    ...plain,
    name: '3×3, 3 → 6 channels, with a bias, epsilon 1e-3',
    weight: [6, 3, 3, 3],
    bias: true,
    epsilon: 1e-3,
    answer: true,
  },
  { ...plain, name: '1×3, 24 → 3 channels, with a bias', weight: [3, 24, 1, 3], bias: true },
  { ...plain, name: 'depthwise 3×3, 5 channels', weight: [5, 1, 3, 3], depthwise: true, answer: true },
  {
    ...plain,
    name: 'depthwise 3×3, 960 channels, epsilon 1e-3',
    weight: [960, 1, 3, 3],
    depthwise: true,
    epsilon: 1e-3,
  },
  { ...plain, name: 'resnet50.conv1', weight: [64, 3, 7, 7] },
  { ...plain, name: 'resnet50.layer2.0.conv2', weight: [128, 128, 3, 3] },
]

/** The operands of a case, made from its seed. */
export function foldBatchNormOf({
  weight,
  bias,
  epsilon,
  seed,
}: Omit<FoldBatchNormCase, 'name'>): FoldBatchNorm {
  const fold: FoldBatchNorm = {
    weight: randomWeight(weight, seed),
    ...randomStatistics(weight[0], seed + 1, epsilon),
  }
  if (bias) fold.bias = randomValues(weight[0], seed + 5)
  return fold
}

interface Folding {
  batchNorm?: boolean
  inputChannels?: { from: number; to: number }
}

function foldBatchNormRun(
  test: FoldBatchNormCase,
  { batchNorm = true, inputChannels }: Folding = {},
): KernelRun {
  const operands = foldBatchNormOf(test)
  const { weight, bias, gamma, beta, mean, variance, epsilon } = operands
  const { depthwise = false } = test
  const kernel = foldBatchNorm({
    label: test.name,
    weight: weight.shape,
    depthwise,
    inputChannels,
    epsilon: batchNorm ? epsilon : undefined,
    bias: bias !== undefined,
  })
  const vectors = { bias, ...(batchNorm && { gamma, beta, mean, variance }) }
  const data = Object.entries({ weight: weight.data, ...vectors }).flatMap(([name, values]) =>
    values ? [[name, Float32Array.from(values)] as const] : [],
  )
  const unfolded = { weight, bias: bias ?? new Float64Array(weight.shape[0]) }
  const folded = () => (batchNorm ? reference(operands) : unfolded)
  const packed = () => {
    const all = folded().weight
    return packedWeight(inputChannels ? inputChannelsOf(all, inputChannels) : all, { depthwise })
  }
  const closeness: Tolerance = batchNorm ? { rtol: tolerance(1) } : EXACT
  return {
    kernel,
    data: Object.fromEntries(data),
    expected: {
      packed: floats(packed, closeness),
      packed_bias: floats(() => paddedVector(folded().bias), closeness),
    },
  }
}

export const suite: KernelSuite<FoldBatchNormCase> = {
  shader: 'fold_batch_norm',
  cases,
  run: test => foldBatchNormRun(test),
  variants: {
    'no batch norm: a copy in another layout': {
      cases: [{ ...pointwise, answer: true }],
      run: test => foldBatchNormRun(test, { batchNorm: false }),
    },
    'some of the input channels': {
      cases: [fiveChannels, { ...plain, name: '1×3, 5 → 3 channels', weight: [3, 5, 1, 3], answer: true }],
      run: test => foldBatchNormRun(test, { inputChannels: { from: 1, to: 4 } }),
    },
  },
}
