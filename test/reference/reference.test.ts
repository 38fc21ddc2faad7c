import { expect } from 'chai'
import { type AccumulateProbabilities, accumulateProbabilities } from './accumulate_probabilities.ts'
import { type Activation, activation } from './activation.ts'
import { type Add, add } from './add.ts'
import type { Array4 } from './array4.ts'
import { type BatchNorm, batchNorm } from './batch_norm.ts'
import { concat } from './concat.ts'
import { type Conv2d, conv2d } from './conv2d.ts'
import { type DepthwiseConv2d, depthwiseConv2d } from './depthwise_conv2d.ts'
import { type FoldBatchNorm, foldBatchNorm } from './fold_batch_norm.ts'
import { globalAveragePool } from './global_average_pool.ts'
import { goldenTests, vector } from './golden.ts'
import { type MaxPool, maxPool } from './max_pool.ts'
import { type Preprocess, preprocess } from './preprocess.ts'
import { type Resize, resize } from './resize.ts'
import { softmax } from './softmax.ts'
import { upsampleArgmax } from './upsample_argmax.ts'

const agrees = goldenTests('golden.jsonl')

describe('the CPU reference against PyTorch', () => {
  agrees('conv2d', (conv: Conv2d) => ({ output: conv2d(conv) }))
  agrees('depthwise_conv2d', (conv: DepthwiseConv2d) => ({ output: depthwiseConv2d(conv) }))
  agrees('batch_norm', (norm: BatchNorm) => ({ output: batchNorm(norm) }))
  agrees('fold_batch_norm', (fold: FoldBatchNorm) => {
    const { weight, bias } = foldBatchNorm(fold)
    return { weight, bias: vector(bias) }
  })
  agrees('max_pool', (pool: MaxPool) => ({ output: maxPool(pool) }))
  agrees('global_average_pool', (input: Array4) => ({ output: globalAveragePool(input) }))
  agrees('resize', (given: Resize) => ({ output: resize(given) }))
  agrees('upsample_argmax', (given: Resize) => {
    const { height, width, classes, margin } = upsampleArgmax(given)
    const shape = [height, width]
    return { classes: { shape, data: classes }, margin: { shape, data: margin } }
  })
  agrees('accumulate_probabilities', (step: AccumulateProbabilities) => ({
    output: accumulateProbabilities(step),
  }))
  agrees('preprocess', (given: Preprocess) => ({ output: preprocess(given) }))
  agrees('activation', (given: { input: Array4; kind: Activation }) => ({
    output: activation(given.input, given.kind),
  }))
  agrees('add', (given: Add) => ({ output: add(given) }))
  agrees('softmax', (input: Array4) => ({ output: softmax(input) }))
  agrees('concat', (inputs: Array4[]) => ({ output: concat(inputs) }))
})

describe('the reference of upsample_argmax', () => {
  it('gives equal logits to the lowest id (PyTorch leaves this open)', () => {
    const input = { shape: [1, 1, 1, 4] as const, data: Float64Array.of(1, 3, 3, 2) }
    const { classes, margin } = upsampleArgmax({ input, height: 1, width: 2, alignCorners: false })
    expect([...classes]).to.deep.equal([1, 1])
    expect([...margin]).to.deep.equal([0, 0])
  })
})
