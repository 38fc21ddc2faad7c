import { expect } from 'chai'
import {
  type Axis,
  type Stretch,
  stretches,
  tapsInside,
  windowAxes,
} from '../../src/kernels/convolution/tap_regions.ts'
import { symmetric, type Window } from '../../src/kernels/geometry.ts'
import { paddingOf } from '../reference/window.ts'
import { cases } from './shared/conv2d_cases.ts'

interface Visit {
  output: number
  tap: number
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** The taps of every output that fall inside the map, tried one by one. */
const valid = ({ inputs, outputs, taps, stride, dilation, pad }: Axis): Visit[] =>
  range(0, outputs).flatMap(output =>
    range(0, taps)
      .filter(tap => {
        const at = output * stride - pad + tap * dilation
        return at >= 0 && at < inputs
      })
      .map(tap => ({ output, tap })),
  )

const visited = (found: Stretch[]): Visit[] =>
  found.flatMap(({ first, end, firstTap, endTap }) =>
    range(first, end).flatMap(output => range(firstTap, endTap).map(tap => ({ output, tap }))),
  )

describe('tap regions', () => {
  for (const test of cases)
    it(`visit every tap inside the map and no other: ${test.name}`, () => {
      const [, h, w] = test.input
      const axes = windowAxes({ h, w }, { ...test, padding: paddingOf(test) })
      for (const axis of [axes.rows, axes.columns]) {
        const exact = stretches(axis, true)
        expect(visited(exact)).to.deep.equal(valid(axis))
        expect(exact.length).to.be.at.most(2 * axis.taps + 1)
        const [all, ...others] = stretches(axis, false)
        expect(others).to.have.lengthOf(0)
        expect([all.first, all.end]).to.deep.equal([0, axis.outputs])
        expect(valid(axis).filter(({ tap }) => tap < all.firstTap || tap >= all.endTap)).to.deep.equal([])
      }
      const inside = tapsInside({ h, w }, { ...test, padding: paddingOf(test) })
      expect(inside).to.equal(valid(axes.rows).length * valid(axes.columns).length)
    })

  it('of an atrous 3×3 are three along an axis: at the edges two taps, at the largest rates one', () => {
    const along = (size: number, rate: number) => {
      const window: Window = { kernel: [3, 3], stride: 1, dilation: rate, padding: symmetric(rate) }
      return stretches(windowAxes({ h: size, w: size }, window).rows, true)
    }
    expect(along(33, 6)).to.deep.equal([
      { first: 0, end: 6, firstTap: 1, endTap: 3 },
      { first: 6, end: 27, firstTap: 0, endTap: 3 },
      { first: 27, end: 33, firstTap: 0, endTap: 2 },
    ])
    expect(along(33, 18)).to.deep.equal([
      { first: 0, end: 15, firstTap: 1, endTap: 3 },
      { first: 15, end: 18, firstTap: 1, endTap: 2 },
      { first: 18, end: 33, firstTap: 0, endTap: 2 },
    ])
    expect(along(33, 36)).to.deep.equal([{ first: 0, end: 33, firstTap: 1, endTap: 2 }])
  })
})
