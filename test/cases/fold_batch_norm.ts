import { randomWeight, type Weight } from '../reference/array4.ts'
import type { FoldBatchNorm } from '../reference/fold_batch_norm.ts'
import { randomValues } from '../reference/random.ts'
import { randomStatistics } from './batch_norm.ts'

export interface FoldBatchNormCase {
  name: string
  /** OIHW; of a depthwise convolution [c, 1, kh, kw] */
  weight: Weight['shape']
  bias: boolean
  epsilon: number
  seed: number
}

const plain = { bias: false, epsilon: 1e-5, seed: 1 } as const

export const cases: FoldBatchNormCase[] = [
  { ...plain, name: 'one weight', weight: [1, 1, 1, 1] },
  { ...plain, name: '1×1, 3 → 5 channels, with a bias', weight: [5, 3, 1, 1], bias: true },
  { ...plain, name: '3×3, 5 → 21 channels', weight: [21, 5, 3, 3] },
  { ...plain, name: '1×3, 24 → 3 channels, with a bias', weight: [3, 24, 1, 3], bias: true },
  { ...plain, name: 'depthwise 3×3, 960 channels, epsilon 1e-3', weight: [960, 1, 3, 3], epsilon: 1e-3 },
  { ...plain, name: 'resnet50.conv1', weight: [64, 3, 7, 7] },
  { ...plain, name: 'resnet50.layer2.0.conv2', weight: [128, 128, 3, 3] },
]

/** The operands of a case, made from its seed. */
export function foldBatchNormOf({ weight, bias, epsilon, seed }: FoldBatchNormCase): FoldBatchNorm {
  const fold: FoldBatchNorm = {
    weight: randomWeight(weight, seed),
    ...randomStatistics(weight[0], seed + 1, epsilon),
  }
  if (bias) fold.bias = randomValues(weight[0], seed + 5)
  return fold
}
