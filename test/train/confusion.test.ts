import { expect } from 'chai'
import { ConfusionMatrix } from '../../src/train/confusion.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('ConfusionMatrix', () => {
  it('scores the whole set, not image by image', () => {
    const matrix = new ConfusionMatrix(2)
    matrix.add(bytes(0, 0, 0, 0), bytes(0, 0, 0, 0))
    matrix.add(bytes(0, 1, 1, 1), bytes(1, 1, 1, 0))
    expect([...matrix.counts]).to.deep.equal([4, 1, 1, 2])
    const { mIoU, iou, pixelAccuracy } = matrix.scores()
    expect(iou).to.deep.equal([4 / 6, 2 / 4])
    expect(mIoU).to.be.closeTo((4 / 6 + 2 / 4) / 2, 1e-15)
    expect(pixelAccuracy).to.equal(6 / 8)
  })

  it('does not count ignored pixels, whatever is predicted there', () => {
    const matrix = new ConfusionMatrix(2)
    matrix.add(bytes(255, 255, 1), bytes(0, 1, 1))
    expect([...matrix.counts]).to.deep.equal([0, 0, 0, 1])
  })

  it('leaves out classes in neither labels nor predictions, but not classes that are only predicted', () => {
    const matrix = new ConfusionMatrix(4)
    matrix.add(bytes(0, 0, 1), bytes(0, 2, 1))
    expect(matrix.scores()).to.deep.equal({
      mIoU: (1 / 2 + 1 + 0) / 3,
      iou: [1 / 2, 1, 0, null],
      pixelAccuracy: 2 / 3,
    })
  })

  it('has no scores if nothing is labelled', () => {
    const matrix = new ConfusionMatrix(2)
    matrix.add(bytes(255, 255), bytes(0, 1))
    expect(matrix.scores()).to.deep.equal({ mIoU: null, iou: [null, null], pixelAccuracy: null })
  })

  it('refuses invalid sizes and classes, and then counts nothing', () => {
    const matrix = new ConfusionMatrix(3)
    expect(() => matrix.add(bytes(0, 0), bytes(0))).to.throw(RangeError, 'expected 2 predicted pixels, got 1')
    expect(() => matrix.add(bytes(0, 3), bytes(0, 0))).to.throw(RangeError, 'the labels hold class 3')
    expect(() => matrix.add(bytes(0, 0), bytes(0, 3))).to.throw(RangeError, 'the prediction holds class 3')
    expect(matrix.counts.every(count => count === 0)).to.equal(true)
  })

  it('supports 255 classes', () => {
    const matrix = new ConfusionMatrix(255)
    matrix.add(bytes(254, 255), bytes(254, 254))
    expect(matrix.scores()).to.include({ mIoU: 1, pixelAccuracy: 1 })
  })
})
