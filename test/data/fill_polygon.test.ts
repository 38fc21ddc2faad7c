import { expect } from 'chai'
import { fillPolygon } from '../../src/data/fill_polygon.ts'
import { UserError } from '../../src/errors.ts'
import { randomSource } from '../reference/random.ts'
import { processorMilliseconds } from '../support/processor_time.ts'

/** The winding number of an outline around a point: the sum of the angles under which the point sees the outline's sides. */
function windings(points: number[], x: number, y: number): number {
  let sum = 0
  for (let i = 0; i < points.length; i += 2) {
    const [ax, ay] = [points[i] - x, points[i + 1] - y]
    const [bx, by] = [points[(i + 2) % points.length] - x, points[(i + 3) % points.length] - y]
    sum += Math.atan2(ax * by - ay * bx, ax * bx + ay * by)
  }
  return Math.round(sum / (2 * Math.PI))
}

function fill(points: number[], width: number, height: number): Uint8Array {
  const bitmap = new Uint8Array(width * height)
  fillPolygon(points, bitmap, { width, height })
  return bitmap
}

describe('fillPolygon', () => {
  it('fills the pixels whose centres are inside the outline', () => {
    const next = randomSource(3)
    const [width, height] = [17, 11]
    for (let round = 0; round < 60; round++) {
      const corners = 3 + Math.floor(next() * 8)
      // Some corners are outside the bitmap; no side passes through the centre of a pixel.
      const points = Array.from({ length: 2 * corners }, () => next() * 30 - 6)
      const wanted = Array.from({ length: width * height }, (_, i) =>
        windings(points, (i % width) + 0.5, Math.floor(i / width) + 0.5) === 0 ? 0 : 1,
      )
      expect([...fill(points, width, height)], points.join(' ')).to.deep.equal(wanted)
    }
  })

  it('assigns a centre on a shared side to one of the two outlines', () => {
    const left = fill([0, 0, 2.5, 0, 2.5, 4, 0, 4], 6, 4)
    const right = fill([2.5, 0, 6, 0, 6, 4, 2.5, 4], 6, 4)
    expect([...left.map((bit, i) => bit + right[i])]).to.deep.equal(Array(24).fill(1))
  })

  it('adds to the bitmap', () => {
    const bitmap = Uint8Array.of(1, 0, 0, 0)
    fillPolygon([1, 1, 2, 1, 2, 2, 1, 2], bitmap, { width: 2, height: 2 })
    expect([...bitmap]).to.deep.equal([1, 0, 0, 1])
  })

  it('fills outlines with thousands of crossing sides quickly, and refuses larger ones', async () => {
    const next = randomSource(4)
    const outline = (corners: number) => Array.from({ length: 2 * corners }, () => next() * 500)
    expect(await processorMilliseconds(() => fill(outline(3000), 500, 500))).to.be.below(5000)
    expect(() => fill(outline(100_000), 500, 500)).to.throw(
      UserError,
      'an outline of 200000 coordinates is too intricate',
    )
  })
})
