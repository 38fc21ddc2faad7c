// Where the page puts the names of classes, in class maps that are drawn here by hand.

import { expect } from 'chai'
import { type ClassMap, spotsOf } from '../../web/src/stage/class_spots.ts'
import { placesFor } from '../../web/src/stage/label_places.ts'
import { moved, placeIn, WHOLE, zoomed } from '../../web/src/stage/zoom_window.ts'

/** A map of a class id for each character; a dot is class 0. */
function mapOf(...rows: string[]): ClassMap {
  const ids = Uint8Array.from(rows.join(''), digit => (digit === '.' ? 0 : Number(digit)))
  return { ids, width: rows[0].length, height: rows.length }
}

function ring(size: number): ClassMap {
  const ids = new Uint8Array(size * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const radius = Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2) / size
      if (radius > 0.2 && radius < 0.4) ids[y * size + x] = 7
    }
  return { ids, width: size, height: size }
}

describe('the spot of a class', () => {
  it('is in the middle of its largest part', () => {
    const map = mapOf(
      ...['..........', '.333......', '.333...4..', '.333......', '..........', '......333.', '..........'],
    )
    const spot = spotsOf(map).find(({ id }) => id === 3)!
    expect([spot.x, spot.y, spot.share]).to.deep.equal([2.5 / 10, 2.5 / 7, 9 / 70])
  })

  it('is on a ring, halfway between its edges, and not in its hole', () => {
    const map = ring(101)
    const { x, y } = spotsOf(map).find(({ id }) => id === 7)!
    expect(map.ids[Math.floor(y * 101) * 101 + Math.floor(x * 101)]).to.equal(7)
    expect(Math.hypot(x - 0.5, y - 0.5)).to.be.closeTo(0.3, 0.02)
  })

  it('of a long part is near its centre, and away from the edge of the picture', () => {
    const map = mapOf(...Array.from({ length: 20 }, (_, y) => (y < 5 ? '5' : '.').repeat(60)))
    const { x, y } = spotsOf(map).find(({ id }) => id === 5)!
    expect(x).to.be.closeTo(0.5, 0.02)
    expect(y).to.equal(2.5 / 20)
  })

  it('comes after those of larger parts, and is none for a part that is too small', () => {
    const width = 100
    const ids = new Uint8Array(width * 50)
    for (let x = 0; x < 30; x++) ids[x] = 1
    for (let x = 0; x < 60; x++) ids[1000 + x] = 2
    ids[3050] = 3
    expect(spotsOf({ ids, width, height: 50 }).map(({ id }) => id)).to.deep.equal([0, 2, 1])
  })

  it('stays while it is still well inside, and moves when it is not', () => {
    const strip = (from: number, to: number): ClassMap => {
      const row = Array.from({ length: 60 }, (_, x) => (x >= from && x < to ? '2' : '.')).join('')
      return mapOf(...Array(10).fill(row))
    }
    const first = spotsOf(strip(10, 30))
    const second = spotsOf(strip(13, 33), first)
    const third = spotsOf(strip(40, 60), second)
    const xs = [first, second, third].map(spots => spots.find(({ id }) => id === 2)!.x)
    expect(xs[1]).to.equal(xs[0])
    expect(xs[2]).to.be.above(40 / 60)
  })
})

describe('the place of a label', () => {
  const size = { width: 60, height: 20 }
  const box = { width: 400, height: 300 }
  const spot = (x: number, y: number) => ({ id: 1, x, y, share: 0.1 })
  const place = (spots: [x: number, y: number][], window = WHOLE) =>
    placesFor(
      spots.map(([x, y]) => spot(x, y)),
      { box, window, sizes: spots.map(() => size) },
    )

  it('is its spot, or as near as the edge of the picture lets it', () => {
    expect(place([[0.5, 0.5]])).to.deep.equal([{ x: 200, y: 150 }])
    expect(place([[0.01, 0.999]])).to.deep.equal([{ x: 34, y: 286 }])
  })

  it('is above or below a label that is there, and none where there are three', () => {
    expect(place(Array(4).fill([0.5, 0.5])).map(found => found?.y)).to.deep.equal([150, 126, 174, undefined])
  })

  it('follows the zoom, and is none where the spot is out of sight', () => {
    const window = zoomed(WHOLE, 2, { x: 1, y: 1 })
    const found = place(
      [
        [0.75, 0.75],
        [0.25, 0.25],
      ],
      window,
    )
    expect(found).to.deep.equal([{ x: 200, y: 150 }, undefined])
  })
})

describe('the window of a zoom', () => {
  it('keeps the point about which it zooms', () => {
    const about = { x: 0.25, y: 0.75 }
    const once = zoomed(WHOLE, 2, about)
    const twice = zoomed(once, 1.5, about)
    expect(placeIn(once, about)).to.deep.equal(about)
    expect(placeIn(twice, about)).to.deep.equal(about)
    expect(twice.scale).to.equal(3)
  })

  it('shows no more than the picture, however it is moved, and no less than a twelfth of it', () => {
    const window = zoomed(WHOLE, 2, { x: 0.5, y: 0.5 })
    expect(moved(window, { x: 3, y: -3 })).to.deep.equal({ scale: 2, x: 0, y: -1 })
    expect(zoomed(window, 0.1, { x: 0.9, y: 0.1 })).to.deep.equal(WHOLE)
    expect(zoomed(window, 100, { x: 0.5, y: 0.5 }).scale).to.equal(12)
  })
})
