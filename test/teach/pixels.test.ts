import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { labelledPixels } from '../../src/teach/rehearsal.ts'
import { resizeStrokes } from '../../src/teach/strokes.ts'

const _ = IGNORE_INDEX

describe('resizeStrokes', () => {
  it('keeps labels of the same size', () => {
    const labels = Uint8Array.of(0, _, 3, _, 254, 1)
    expect(resizeStrokes(labels, { width: 3, height: 2 }, { width: 3, height: 2 })).to.deep.equal(labels)
  })

  it('keeps a stroke of one pixel, and lets the label win that has more pixels', () => {
    const labels = Uint8Array.of(_, _, 1, 2, _, 0, 2, 1)
    expect([...resizeStrokes(labels, { width: 4, height: 2 }, { width: 2, height: 1 })]).to.deep.equal([0, 1])
    const votes = Uint8Array.of(1, 2, 2, _, _, _)
    expect([...resizeStrokes(votes, { width: 6, height: 1 }, { width: 1, height: 1 })]).to.deep.equal([2])
  })

  it('repeats pixels where the labels are smaller', () => {
    const labels = Uint8Array.of(5, _)
    expect([...resizeStrokes(labels, { width: 2, height: 1 }, { width: 4, height: 2 })]).to.deep.equal([
      5,
      5,
      _,
      _,
      5,
      5,
      _,
      _,
    ])
  })

  it('finds the pixels of sizes that do not divide', () => {
    const labels = new Uint8Array(640 * 480).fill(_)
    labels[479 * 640 + 639] = 4
    const small = resizeStrokes(labels, { width: 640, height: 480 }, { width: 257, height: 193 })
    expect(small.filter(label => label === 4).length).to.equal(1)
    expect(small.at(-1)).to.equal(4)
  })
})

describe('labelledPixels', () => {
  /** 1000 pixels: 30 of class 0 and 10 of class 2 have strokes; before the lesson half was class 0 and half class 1. */
  const strokes = new Uint8Array(1000).fill(_)
  strokes.fill(0, 0, 30).fill(2, 500, 510)
  const classes = Uint8Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0 : 1))
  const pixels = { strokes, classes }

  /** The weights of all labelled pixels that fulfil a condition. */
  function sum(
    { labels, classWeights }: ReturnType<typeof labelledPixels>,
    holds: (index: number) => boolean,
  ): number {
    return labels.reduce(
      (total, label, i) => (label !== _ && holds(i) ? total + classWeights[label] : total),
      0,
    )
  }

  it('gives all classes with strokes the same part, however large the strokes are', () => {
    const found = labelledPixels(pixels, { classes: 3, share: 0, step: 0 })
    expect(found.labels).to.deep.equal(strokes)
    expect(sum(found, i => strokes[i] === 0)).to.be.closeTo(0.5, 1e-6)
    expect(sum(found, i => strokes[i] === 2)).to.be.closeTo(0.5, 1e-6)
  })

  it('gives the other pixels their share, and to each of their classes by its area', () => {
    const steps = Array.from({ length: 50 }, (_, step) =>
      labelledPixels(pixels, { classes: 3, share: 0.3, step }),
    )
    const mean = (holds: (index: number) => boolean) =>
      steps.reduce((total, found) => total + sum(found, holds), 0) / steps.length
    expect(mean(i => strokes[i] === 0)).to.be.closeTo(0.5, 1e-6)
    expect(mean(i => strokes[i] === _)).to.be.closeTo(0.3, 0.01)
    expect(mean(i => strokes[i] === _ && classes[i] === 0)).to.be.closeTo((0.3 * 470) / 960, 0.01)
    expect(steps[1].labels).not.to.deep.equal(steps[0].labels)
  })

  it('draws every pixel at some step, and never one that had no class', () => {
    const unknown = { strokes, classes: classes.map((id, i) => (i % 2 ? id : _)) }
    const drawn = new Set<number>()
    for (let step = 0; step < 400; step++) {
      const { labels } = labelledPixels(unknown, { classes: 3, share: 0.3, step })
      for (const [i, label] of labels.entries()) if (label !== strokes[i]) drawn.add(i)
    }
    const wanted = [...classes.keys()].filter(i => i % 2 && strokes[i] === _)
    expect([...drawn].sort((a, b) => a - b)).to.deep.equal(wanted)
  })
})
