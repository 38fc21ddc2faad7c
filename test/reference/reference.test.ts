import { readFileSync } from 'node:fs'
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
import { type MaxPool, maxPool } from './max_pool.ts'
import { type Preprocess, preprocess } from './preprocess.ts'
import { type Resize, resize } from './resize.ts'
import { softmax } from './softmax.ts'
import { upsampleArgmax } from './upsample_argmax.ts'

/** Any dense result, whatever its rank. */
interface Dense {
  shape: readonly number[]
  data: ArrayLike<number>
}

/** One line of golden.jsonl, which make_golden.py writes. */
interface Golden {
  op: string
  name: string
  given: unknown
  expected: Record<string, Dense>
}

/** Turns the { "float64": [...] } and { "uint8": [...] } of the file into typed arrays. */
function revive(_key: string, value: { float64?: unknown[]; uint8?: number[] } | null) {
  if (value?.float64) return Float64Array.from(value.float64, Number)
  if (value?.uint8) return Uint8Array.from(value.uint8)
  return value
}

const goldens: Golden[] = readFileSync(new URL('golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line, revive))

/** One test for each golden case of an op: `run` gives the results by the names the file has for them. */
function agrees<Given>(op: string, run: (given: Given) => Record<string, Dense>) {
  const cases = goldens.filter(golden => golden.op === op)
  if (cases.length === 0) throw new Error(`golden.jsonl has no case of ${op}`)
  describe(op, () => {
    for (const golden of cases) {
      it(golden.name, () => {
        const actual = run(golden.given as Given)
        for (const [name, expected] of Object.entries(golden.expected)) expectSame(actual[name], expected)
      })
    }
  })
}

/** The same shape, the same NaNs and infinities, and every number within 1e-12 of its size (or of 1). */
function expectSame(actual: Dense, expected: Dense) {
  expect(actual.shape).to.deep.equal(expected.shape)
  expect(actual.data.length).to.equal(expected.data.length)
  for (let i = 0; i < expected.data.length; i++) {
    const [a, r] = [actual.data[i], expected.data[i]]
    if (Number.isFinite(r)) expect(a, `element ${i}`).to.be.closeTo(r, 1e-12 * Math.max(1, Math.abs(r)))
    else expect(a, `element ${i}`).to.deep.equal(r)
  }
}

describe('the CPU reference against PyTorch', () => {
  agrees('conv2d', (conv: Conv2d) => ({ output: conv2d(conv) }))
  agrees('depthwise_conv2d', (conv: DepthwiseConv2d) => ({ output: depthwiseConv2d(conv) }))
  agrees('batch_norm', (norm: BatchNorm) => ({ output: batchNorm(norm) }))
  agrees('fold_batch_norm', (fold: FoldBatchNorm) => {
    const { weight, bias } = foldBatchNorm(fold)
    return { weight, bias: { shape: [bias.length], data: bias } }
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
