import { expect } from 'chai'
import { randomWeight, type Weight } from '../reference/array4.ts'
import { testGpu } from '../support/gpu.ts'
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
    it(`[${shape}]`, async () => {
      const weight = randomWeight(shape, 1)
      const { weight: packed, bias } = await packTransposedWeight(await testGpu(), weight)
      expect([...new Float32Array(packed.buffer)]).to.deep.equal([...transposed(weight)])
      expect([...new Float32Array(bias.buffer)]).to.deep.equal(Array(padToVectors(shape[1])).fill(0))
    })
})

const padToVectors = (count: number) => Math.ceil(count / 4) * 4

/** [o, i, kh, kw] → [kh, kw, o, i] with the taps reversed, both channels padded with zeros to whole vectors. */
function transposed({ shape: [o, i, kh, kw], data }: Weight): Float64Array {
  const [outPadded, inPadded, taps] = [padToVectors(o), padToVectors(i), kh * kw]
  const packed = new Float64Array(taps * outPadded * inPadded)
  for (let out = 0; out < o; out++)
    for (let channel = 0; channel < i; channel++)
      for (let tap = 0; tap < taps; tap++)
        packed[((taps - 1 - tap) * outPadded + out) * inPadded + channel] =
          data[(out * i + channel) * taps + tap]
  return packed
}
