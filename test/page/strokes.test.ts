// Strokes in the page: what the tools paint, and how it is undone.

import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { Strokes } from '../../web/src/teach/strokes.ts'

const _ = IGNORE_INDEX

const rowsOf = ({ labels, width, height }: Strokes) =>
  Array.from({ length: height }, (_, y) => [...labels.subarray(y * width, (y + 1) * width)])

describe('strokes', () => {
  it('cover the pixels whose centres are near the line, and count them', () => {
    const strokes = new Strokes({ width: 5, height: 3 })
    strokes.begin()
    const changed = strokes.paint({ x: 1.5, y: 1.5 }, { x: 3.5, y: 1.5 }, { radius: 0.9, label: 2 })
    expect(changed).to.deep.equal({ x: 0, y: 0, width: 5, height: 3 })
    expect(rowsOf(strokes)).to.deep.equal([
      [_, _, _, _, _],
      [_, 2, 2, 2, _],
      [_, _, _, _, _],
    ])
    strokes.paint({ x: 1.5, y: 1.5 }, { x: 1.5, y: 1.5 }, { radius: 1, label: 2 })
    expect(rowsOf(strokes)).to.deep.equal([
      [_, 2, _, _, _],
      [2, 2, 2, 2, _],
      [_, 2, _, _, _],
    ])
    expect(strokes.painted).to.equal(6)
  })

  it('are as a distance to each pixel says, at any slope and at the edges', () => {
    const strokes = new Strokes({ width: 37, height: 23 })
    const [from, to, radius] = [{ x: -3.2, y: 25.1 }, { x: 30.7, y: 4.4 }, 5.3]
    strokes.paint(from, to, { radius, label: 1 })
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    const isNear = (x: number, y: number) => {
      const t = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy)))
      return Math.hypot(x - from.x - t * dx, y - from.y - t * dy) <= radius
    }
    const expected = Array.from({ length: 23 }, (_row, y) =>
      Array.from({ length: 37 }, (_column, x) => (isNear(x + 0.5, y + 0.5) ? 1 : _)),
    )
    expect(rowsOf(strokes)).to.deep.equal(expected)
  })

  it('go back stroke by stroke: brush, eraser, rectangle, runs and all at once', () => {
    const strokes = new Strokes({ width: 4, height: 3 })
    const states = [rowsOf(strokes)]
    const point = (x: number, y: number) => ({ x, y })
    const works = [
      () => strokes.paint(point(0.5, 0.5), point(3.5, 0.5), { radius: 0.5, label: 0 }),
      () => strokes.paintRectangle(point(3.5, 2.5), point(1.2, 0.1), 3),
      () => strokes.paint(point(2.5, 1.5), point(2.5, 1.5), { radius: 0.6, label: IGNORE_INDEX }),
      () => strokes.paintRuns([4, 6, 8, 12], 1),
      () => strokes.clear(),
    ]
    for (const work of works) {
      strokes.begin()
      work()
      states.push(rowsOf(strokes))
    }
    expect(states[2]).to.deep.equal([
      [0, 3, 3, 3],
      [_, 3, 3, 3],
      [_, 3, 3, 3],
    ])
    expect(states[3][1]).to.deep.equal([_, 3, _, 3])
    expect(strokes.isEmpty).to.equal(true)
    strokes.begin() // a click that changes nothing
    for (let i = works.length - 1; i >= 0; i--) {
      expect(strokes.isUndoable).to.equal(true)
      strokes.undo()
      expect(rowsOf(strokes)).to.deep.equal(states[i])
      expect(strokes.painted).to.equal(states[i].flat().filter(label => label !== _).length)
    }
    expect(strokes.isUndoable).to.equal(false)
    strokes.undo()
    expect(strokes.isEmpty).to.equal(true)
  })

  it('remember a hundred strokes', () => {
    const strokes = new Strokes({ width: 200, height: 1 })
    for (let i = 0; i < 150; i++) {
      strokes.begin()
      strokes.paintRuns([i, i + 1], 1)
    }
    for (let i = 0; i < 100; i++) strokes.undo()
    expect([strokes.isUndoable, strokes.painted]).to.deep.equal([false, 50])
  })

  it('copy a mask, or a class of it, where nothing is painted', () => {
    const strokes = new Strokes({ width: 4, height: 2 })
    const mask = { mask: Uint8Array.of(0, 0, 1, 1, 2, 2, 2, 1), width: 4, height: 2 }
    strokes.begin()
    strokes.paintRuns([1, 3], 5)
    strokes.begin()
    expect(strokes.copy(mask, { only: 2 })).to.equal(3)
    expect(rowsOf(strokes)).to.deep.equal([
      [_, 5, 5, _],
      [2, 2, 2, _],
    ])
    expect(strokes.hasCopy).to.equal(true)
    strokes.begin()
    expect(strokes.copy(mask)).to.equal(3)
    expect(rowsOf(strokes)).to.deep.equal([
      [0, 5, 5, 1],
      [2, 2, 2, 1],
    ])
    strokes.undo()
    expect(strokes.hasCopy).to.equal(true)
    strokes.undo()
    expect([strokes.hasCopy, strokes.painted]).to.deep.equal([false, 2])
  })

  it('are replaced by labels, which is undone as one stroke', () => {
    const strokes = new Strokes({ width: 3, height: 1 })
    strokes.copy({ mask: Uint8Array.of(4), width: 1, height: 1 })
    strokes.begin()
    strokes.replace(Uint8Array.of(1, _, 2))
    expect([...rowsOf(strokes), strokes.painted, strokes.hasCopy]).to.deep.equal([[1, _, 2], 2, false])
    strokes.undo()
    expect([...rowsOf(strokes), strokes.painted, strokes.hasCopy]).to.deep.equal([[4, 4, 4], 3, true])
  })

  it('take the nearest pixel of a mask of another size', () => {
    const strokes = new Strokes({ width: 6, height: 2 })
    strokes.copy({ mask: Uint8Array.of(7, 8, 9), width: 3, height: 1 })
    expect(rowsOf(strokes)).to.deep.equal([
      [7, 7, 8, 8, 9, 9],
      [7, 7, 8, 8, 9, 9],
    ])
  })

  it('follow the classes when one is removed, also in what is undone', () => {
    const strokes = new Strokes({ width: 3, height: 1 })
    for (const id of [0, 1, 2]) {
      strokes.begin()
      strokes.paintRuns([id, id + 1], id)
    }
    strokes.begin()
    strokes.clear()
    strokes.renumber(old => (old === 1 ? _ : old === 2 ? 1 : old))
    strokes.undo()
    expect(rowsOf(strokes)).to.deep.equal([[0, _, 1]])
    expect(strokes.painted).to.equal(2)
  })
})
