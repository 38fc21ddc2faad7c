import { expect } from 'chai'
import { randomWeight, type Weight } from '../reference/array4.ts'
import { packTransposed } from '../reference/pack_transposed.ts'
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
      expect(actual).to.deep.equal(await packWeight(gpu, { weight: packTransposed(weight) }))
    })
})
