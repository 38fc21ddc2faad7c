import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { distillationTargets, strokeWeights } from '../../src/teach/rehearsal.ts'
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

describe('strokeWeights', () => {
  it('gives all classes with strokes the same part, however large the strokes are', () => {
    const strokes = new Uint8Array(1000).fill(_).fill(0, 0, 30).fill(2, 500, 510)
    const weights = strokeWeights(strokes, 3)
    expect(weights[0] * 30).to.be.closeTo(0.5, 1e-6)
    expect(weights[1]).to.equal(0)
    expect(weights[2] * 10).to.be.closeTo(0.5, 1e-6)
  })
})

describe('distillationTargets', () => {
  /** Four pixels: two of class 0, one of class 1, one of class 2. */
  const said = {
    width: 4,
    height: 1,
    ids: Uint8Array.of(0, 1, 2),
    probabilities: Float32Array.of(0.5, 0.25, 0.25, 0.75, 0.25, 0, 0.125, 0.625, 0.25, 0.25, 0.25, 0.5),
  }
  const targetsOf = (strokes: number[], { classes = 3, ids = said.ids } = {}) => {
    const { targets, newClasses } = distillationTargets(
      { ...said, ids },
      { strokes: Uint8Array.from(strokes), classes, oldWeight: 0.25, oldWeightAlone: 0.5 },
    )
    return { targets: [...targets], newClasses: [...newClasses] }
  }

  it('are what the network said of the pixels without strokes, which count alike', () => {
    expect(targetsOf([0, _, _, 2])).to.deep.equal({
      targets: [0, 0, 0, 0.375, 0.125, 0, 0.0625, 0.3125, 0.125, 0, 0, 0],
      newClasses: [0, 0, 0],
    })
  })

  it('leave out a class that was added, and is new where it has strokes', () => {
    expect(targetsOf([3, 3, 3, _], { classes: 4 })).to.deep.equal({
      targets: [...new Array(12).fill(0), 0.25, 0.25, 0.5, 0],
      newClasses: [0, 0, 0, 0.5],
    })
    expect(targetsOf([0, 0, 0, _], { classes: 4 }).newClasses).to.deep.equal([0, 0, 0, 0])
  })

  it('leave out a class that has strokes, though the network said it of no pixel', () => {
    const never = {
      ...said,
      probabilities: said.probabilities.map((p, i) => (i === 10 ? 0.375 : i === 11 ? 0.25 : p)),
    }
    const { targets, newClasses } = distillationTargets(never, {
      strokes: Uint8Array.of(2, 2, _, _),
      classes: 3,
      oldWeight: 0.25,
    })
    expect([...newClasses]).to.deep.equal([0, 0, 0.25])
    expect([...targets.slice(6)]).to.deep.equal([0.0625, 0.3125, 0, 0.125, 0.1875, 0])
  })

  it('hold pixels to the old classes less where an old class has strokes, too', () => {
    expect(targetsOf([3, 3, _, _], { classes: 4 }).newClasses).to.deep.equal([0, 0, 0, 0.5])
    expect(targetsOf([3, 0, _, _], { classes: 4 }).newClasses).to.deep.equal([0, 0, 0, 0.25])
  })

  it('forget a class that was removed', () => {
    expect(targetsOf([_, 0, 0, 0], { classes: 2, ids: Uint8Array.of(0, _, 1) }).targets).to.deep.equal([
      0.5, 0.25, 0, 0, 0, 0, 0, 0,
    ])
  })

  it('are zeros where every pixel has a stroke', () => {
    expect(targetsOf([0, 1, 2, 0]).targets).to.deep.equal(new Array(12).fill(0))
  })
})
