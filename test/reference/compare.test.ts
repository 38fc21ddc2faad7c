import { expect } from 'chai'
import type { Shape4 } from './array4.ts'
import { expectClasses, expectClose, tolerance } from './compare.ts'

const shape: Shape4 = [1, 2, 2, 3]
const rtol = tolerance(1)

/** `expectClose` on twelve ones, with one value of each side replaced. */
function compare(actual: number, expected: number, index = 7) {
  const a = new Float32Array(12).fill(1)
  const r = new Float64Array(12).fill(1)
  a[index] = actual
  r[index] = expected
  return expectClose(a, r, { shape, rtol })
}

describe('expectClose', () => {
  it('allows 1e-5 + 1e-6·√fan-in·|expected|, and returns the worst error', () => {
    expect(compare(2.00001, 2)).to.be.closeTo(1e-5, 1e-6)
    expect(() => compare(2.0001, 2)).to.throw('1 of 12 values')
    expect(tolerance(9)).to.be.closeTo(3e-6, 1e-18)
  })

  it('says where the first and the worst differences are, with both values', () => {
    const actual = new Float32Array(12)
    const expected = new Float64Array(12)
    expected[4] = 0.25
    actual[11] = 2
    const run = () => expectClose(actual, expected, { shape, rtol })
    expect(run).to.throw('first at (n 0, h 0, w 1, c 1): got 0, expected 0.25, error 0.25')
    expect(run).to.throw('worst at (n 0, h 1, w 1, c 2): got 2, expected 0, error 2')
  })

  it('wants NaN and the infinities exactly', () => {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]
    for (const a of special) {
      for (const r of special) {
        if (Object.is(a, r)) expect(compare(a, r)).to.equal(0)
        else expect(() => compare(a, r), `got ${a}, expected ${r}`).to.throw('first at (n 0, h 1, w 0, c 1)')
      }
    }
  })

  it('compares a sample of the output by flat index', () => {
    const actual = new Float32Array(12)
    actual[5] = 3
    actual[6] = 9
    expect(expectClose(actual, Float64Array.of(0, 3), { shape, rtol, indices: [0, 5] })).to.equal(0)
    const run = () => expectClose(actual, Float64Array.of(0, 3), { shape, rtol, indices: [0, 6] })
    expect(run).to.throw('1 of 2 values')
    expect(run).to.throw('(n 0, h 1, w 0, c 0): got 9, expected 3')
  })

  it('wants as many values as the shape has', () => {
    expect(() => expectClose(new Float32Array(11), new Float64Array(12), { shape, rtol })).to.throw('got 11')
    expect(() => expectClose(new Float32Array(12), new Float64Array(11), { shape, rtol })).to.throw(
      'expected 11',
    )
  })
})

describe('expectClasses', () => {
  const expected = {
    height: 2,
    width: 2,
    classes: Uint8Array.of(3, 1, 0, 2),
    margin: Float64Array.of(0.5, 1e-6, 0, 2),
  }

  it('lets float32 choose in a near-tie', () => {
    expectClasses([3, 1, 0, 2], expected)
    expectClasses([3, 7, 0, 2], expected)
  })

  it('wants the lowest id of equals, and the best elsewhere', () => {
    expect(() => expectClasses([3, 1, 4, 2], expected)).to.throw('1 of 4 pixels')
    expect(() => expectClasses([3, 1, 0, 1], expected)).to.throw(
      '(h 1, w 1): got 1, expected 2 by a margin of 2',
    )
  })

  it('wants a class for every pixel', () => {
    expect(() => expectClasses([3, 1, 0], expected)).to.throw('got 3')
  })
})
