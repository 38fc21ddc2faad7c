import { expect } from 'chai'
import { cosineLearningRate, learningRateOf, polyLearningRate } from '../../src/train/schedule.ts'

describe('polyLearningRate', () => {
  it('starts at the base rate and decreases with the power 0.9', () => {
    expect(polyLearningRate(0.007, 0, 30_000)).to.equal(0.007)
    expect(polyLearningRate(1, 15_000, 30_000)).to.be.closeTo(0.535886731, 1e-9)
    expect(polyLearningRate(1, 29_999, 30_000)).to.be.closeTo(30_000 ** -0.9, 1e-12)
    expect(polyLearningRate(1, 30_000, 30_000)).to.equal(0)
  })
})

describe('cosineLearningRate', () => {
  it('starts at the base rate, halves it at half of the steps, and ends at 0', () => {
    expect(cosineLearningRate(0.007, 0, 100)).to.equal(0.007)
    expect(cosineLearningRate(1, 25, 100)).to.be.closeTo((1 + Math.SQRT1_2) / 2, 1e-12)
    expect(cosineLearningRate(1, 50, 100)).to.be.closeTo(0.5, 1e-12)
    expect(cosineLearningRate(1, 100, 100)).to.equal(0)
  })
})

describe('learningRateOf', () => {
  const recipe = { learningRate: 8, steps: 10, schedule: 'poly', warmUpSteps: 3 } as const

  it('rises in equal parts to the base rate, and falls over the steps that are left', () => {
    const rates = [0, 1, 2, 3, 4].map(step => learningRateOf(step, recipe))
    expect(rates).to.deep.equal([2, 4, 6, 8, polyLearningRate(8, 1, 7)])
    expect(learningRateOf(6, { ...recipe, schedule: 'cosine' })).to.equal(cosineLearningRate(8, 3, 7))
  })

  it('is the schedule alone without a warm-up', () => {
    for (const step of [0, 1, 9])
      expect(learningRateOf(step, { ...recipe, warmUpSteps: 0 })).to.equal(polyLearningRate(8, step, 10))
  })

  it('only rises where all steps are of the warm-up', () => {
    expect([0, 9].map(step => learningRateOf(step, { ...recipe, warmUpSteps: 15 }))).to.deep.equal([0.5, 5])
  })
})
