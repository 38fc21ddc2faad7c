import { expect } from 'chai'
import { classIds, vocClasses } from '../../src/data/class_names.ts'
import { bootstrap, HARD_CLASSES } from '../../src/train/hard_classes.ts'
import { Sampler } from '../../src/train/sampler.ts'

describe('Sampler', () => {
  const indices = [3, 5, 7, 9, 11, 13, 15, 17]
  const draw = (sampler: Sampler, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => sampler.at(from + i))

  it('draws every image once per epoch, in another order each time', () => {
    const sampler = new Sampler(indices, 1)
    const epochs = [0, 1, 2].map(epoch => draw(sampler, epoch * 8, epoch * 8 + 8))
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).to.deep.equal(indices)
    expect(new Set([indices, ...epochs].map(String)).size).to.equal(4)
  })

  it('continues from any position with the same order', () => {
    const all = draw(new Sampler(indices, 1), 0, 40)
    for (const position of [0, 5, 8, 23]) {
      expect(draw(new Sampler(indices, 1), position, 40)).to.deep.equal(all.slice(position))
    }
    const sampler = new Sampler(indices, 1)
    draw(sampler, 30, 40)
    expect(draw(sampler, 0, 40), 'after going back').to.deep.equal(all)
  })

  it('depends on the seed', () => {
    expect(draw(new Sampler(indices, 1), 0, 8)).to.not.deep.equal(draw(new Sampler(indices, 2), 0, 8))
  })

  it('refuses to draw from nothing', () => {
    expect(() => new Sampler([], 1)).to.throw(RangeError)
  })
})

describe('bootstrap', () => {
  it('doubles the images with a hard class', () => {
    const pixels = [
      [9, 0, 0, 0],
      [4, 0, 1, 4],
      [0, 0, 0, 0],
      [0, 0, 9, 0],
      [0, 3, 0, 6],
    ]
    expect(bootstrap(pixels, [2, 3])).to.deep.equal([0, 1, 1, 2, 3, 3, 4, 4])
    expect(bootstrap(pixels, [])).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('the paper’s hard classes are VOC’s', () => {
    expect(classIds(HARD_CLASSES, vocClasses)).to.deep.equal([2, 9, 11, 16, 18])
  })
})
