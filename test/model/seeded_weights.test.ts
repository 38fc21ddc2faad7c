import { expect } from 'chai'
import { seededChecksums } from './golden.ts'
import { seededImage, seededParameter } from './seeded_weights.ts'

const bitSum = (values: Float32Array): number =>
  new Uint32Array(values.buffer).reduce((sum, bits) => (sum + bits) >>> 0, 0)

describe('seeded weights', () => {
  for (const { name, shape, sum } of seededChecksums.parameters)
    it(`equal Python's, bit for bit: ${name}`, () => {
      expect(bitSum(seededParameter({ name, shape }))).to.equal(sum)
    })

  it("of the image equal Python's, too", () => {
    const { height, width, sum } = seededChecksums.image
    expect(bitSum(seededImage(height, width))).to.equal(sum)
  })
})
