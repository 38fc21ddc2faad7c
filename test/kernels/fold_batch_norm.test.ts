import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { cases, foldBatchNormOf } from '../cases/fold_batch_norm.ts'
import type { Weight } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { foldBatchNorm as reference } from '../reference/fold_batch_norm.ts'
import { testGpu } from '../support/gpu.ts'
import { foldBatchNormRun } from './fold_batch_norm.ts'

describe('kernel fold_batch_norm', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = foldBatchNormOf(test)
      const depthwise = test.name.startsWith('depthwise')
      const { epsilon } = operands
      const { packed, packedBias } = await run(operands, { depthwise, epsilon })
      const expected = reference(operands)
      expectPacked(packed, packWeight(expected.weight, depthwise))
      expectPacked(packedBias, padded(expected.bias))
    })
  }

  it('no batch norm: a copy in another layout', async () => {
    const operands = foldBatchNormOf(cases.find(({ name }) => name === '1×1, 3 → 5 channels, with a bias')!)
    const { packed, packedBias } = await run(operands, { depthwise: false })
    expect([...packed]).to.deep.equal([...packWeight(operands.weight, false)])
    expect([...packedBias]).to.deep.equal([...padded(operands.bias!)])
  })

  it('some of the input channels', async () => {
    const operands = foldBatchNormOf(cases.find(({ name }) => name === '3×3, 5 → 21 channels')!)
    const range = { from: 1, to: 4 }
    const { epsilon } = operands
    const { packed } = await run(operands, { depthwise: false, epsilon, inputChannels: range })
    expectPacked(packed, packWeight(reference(operands).weight, false, range))
  })
})

async function run(...of: Parameters<typeof foldBatchNormRun>) {
  const { kernel, data } = foldBatchNormRun(...of)
  const outputs = await runKernel(await testGpu(), kernel, data)
  return {
    packed: new Float32Array(outputs.packed.buffer),
    packedBias: new Float32Array(outputs.packed_bias.buffer),
  }
}

const padToVectors = (count: number) => Math.ceil(count / 4) * 4

const padded = (values: Float64Array) => {
  const all = new Float64Array(padToVectors(values.length))
  all.set(values)
  return all
}

/** [o, i, kh, kw] → [kh, kw, i, o], input and output channels padded with zeros to whole vectors (a depthwise weight's i is 1). */
function packWeight(
  { shape: [o, i, kh, kw], data }: Weight,
  depthwise: boolean,
  { from, to } = { from: 0, to: i },
) {
  const inPadded = depthwise ? 1 : padToVectors(to - from)
  const outPadded = padToVectors(o)
  const packed = new Float64Array(kh * kw * inPadded * outPadded)
  for (let tap = 0; tap < kh * kw; tap++)
    for (let channel = from; channel < to; channel++)
      for (let out = 0; out < o; out++)
        packed[(tap * inPadded + channel - from) * outPadded + out] =
          data[(out * i + channel) * kh * kw + tap]
  return packed
}

function expectPacked(actual: Float32Array, expected: Float64Array) {
  expectClose(actual, expected, { shape: [1, 1, 1, expected.length], rtol: tolerance(1) })
}
