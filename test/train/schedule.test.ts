import { expect } from 'chai'
import { polyLearningRate } from '../../src/train/schedule.ts'

describe('polyLearningRate', () => {
  it('starts at the base rate and decreases with the power 0.9', () => {
    expect(polyLearningRate(0.007, 0, 30_000)).to.equal(0.007)
    expect(polyLearningRate(1, 15_000, 30_000)).to.be.closeTo(0.535886731, 1e-9)
    expect(polyLearningRate(1, 29_999, 30_000)).to.be.closeTo(30_000 ** -0.9, 1e-12)
    expect(polyLearningRate(1, 30_000, 30_000)).to.equal(0)
  })
})
