import { expect } from 'chai'
import { randomValues } from './random.ts'

/**
 * Asserts that `gradient` is that of Σ outputGradient · f(x) by x, along every element of x: the reference's backward against
 * its forward, by central differences in float64.
 */
export function expectGradient({ f, x, outputGradient, gradient }: GradientCheck): void {
  expect(gradient.length).to.equal(x.length)
  const step = 1e-5
  const along = (i: number, by: number) => {
    const y = f(x.map((value, j) => (j === i ? value + by : value)))
    return y.reduce((sum, value, k) => sum + value * outputGradient[k], 0)
  }
  gradient.forEach((actual, i) => {
    const expected = (along(i, step) - along(i, -step)) / (2 * step)
    expect(actual, `element ${i}`).to.be.closeTo(expected, 1e-6 * Math.max(1, Math.abs(expected)))
  })
}

interface GradientCheck {
  f: (x: Float64Array) => Float64Array
  x: Float64Array
  outputGradient: Float64Array
  gradient: Float64Array
}

/** A permutation of distinct values at least 0.1 apart and 0.05 from 0, so that no step crosses a kink or changes a maximum. */
export function distinctValues(count: number, seed: number): Float64Array {
  const keys = randomValues(count, seed)
  const order = [...keys.keys()].sort((a, b) => keys[a] - keys[b])
  return Float64Array.from(order, rank => (rank - Math.floor(count / 2)) * 0.1 + 0.05)
}
