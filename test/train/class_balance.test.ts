import { expect } from 'chai'
import { medianFrequencyWeights } from '../../src/train/class_balance.ts'

describe('medianFrequencyWeights', () => {
  it('weighs by the median frequency, over the images with the class', () => {
    // Frequencies: (6 + 2) / 16 of all images, 2 / 8 of the first, 6 / 8 of the second.
    const weights = medianFrequencyWeights([
      [6, 2, 0],
      [2, 0, 6],
    ])
    expect(weights).to.deep.equal([0.5 / 0.5, 0.5 / 0.25, 0.5 / 0.75])
  })

  it('uses the mean of the middle two frequencies of an even number', () => {
    expect(medianFrequencyWeights([[3, 1]])).to.deep.equal([0.5 / 0.75, 0.5 / 0.25])
  })

  it('gives a class that never occurs the weight 1, and leaves it out of the median', () => {
    expect(medianFrequencyWeights([[3, 0, 1]])).to.deep.equal([0.5 / 0.75, 1, 0.5 / 0.25])
    expect(medianFrequencyWeights([[0, 0]])).to.deep.equal([1, 1])
  })
})
