import { expect } from 'chai'
import { foldBatchNormOf } from '../cases/fold_batch_norm.ts'
import { randomWeight, type Weight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { packTransposed } from '../reference/pack_transposed.ts'
import { expectChannels } from '../support/channels.ts'
import { testGpu } from '../support/gpu.ts'
import { packWeight } from '../support/pack_weight.ts'
import { packTransposedWeight } from './pack_transposed.ts'

describe('kernel pack_transposed', () => {
  const shapes: Weight['shape'][] = [
    [1, 1, 1, 1],
    [5, 3, 1, 1],
    [21, 5, 3, 3],
    [3, 24, 1, 3],
    [64, 3, 7, 7],
  ]
  for (const shape of shapes)
    it(`[${shape}]: as the transposed weight is packed`, async () => {
      const gpu = await testGpu()
      const weight = randomWeight(shape, 1)
      const actual = await packTransposedWeight(gpu, weight)
      const expected = await packWeight(gpu, { weight: packTransposed(weight) })
      expect(actual).to.deep.equal(expected.weight)
    })

  it('with batch norm folded in: as the transposed, folded weight is packed', async () => {
    const gpu = await testGpu()
    const fold = foldBatchNormOf({ name: '', weight: [21, 5, 3, 3], bias: false, epsilon: 1e-3, seed: 1 })
    const actual = await packTransposedWeight(gpu, fold.weight, fold)
    const expected = await packWeight(gpu, { weight: packTransposed(foldBatchNorm(fold).weight) })
    const values = Float64Array.from(new Float32Array(expected.weight.buffer))
    expectChannels(actual, values, tolerance(1))
  })
})
