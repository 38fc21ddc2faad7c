import { AssertionError } from 'chai'
import { placeOf, type Shape4, sizeOf } from './array4.ts'
import type { ClassMap } from './upsample_argmax.ts'

/** The absolute tolerance of most comparisons. */
export const ATOL = 1e-5

export interface Closeness {
  /** the shape of `actual`, to say where a difference is */
  shape: Shape4
  /** absolute tolerance. Default: `ATOL` */
  atol?: number
  /** relative tolerance: `tolerance(fanIn)` */
  rtol: number
  /** where `expected` is only a sample of the output: its flat indices in `actual` */
  indices?: readonly number[]
}

/** The relative tolerance of a float32 sum of `fanIn` terms: rounding errors add up like a random walk. */
export function tolerance(fanIn: number): number {
  return 1e-6 * Math.sqrt(fanIn)
}

/**
 * Asserts |a − r| ≤ atol + rtol·|r| everywhere; where the reference is NaN or infinite, exactly that. A failure says
 * how many differ, the first place and the worst, with both values.
 *
 * @returns the largest |a − r| among the finite values
 */
export function expectClose(actual: Float32Array, expected: Float64Array, closeness: Closeness): number {
  const { shape, atol = ATOL, rtol, indices } = closeness
  const size = sizeOf(shape)
  const compared = indices?.length ?? size
  if (actual.length !== size || expected.length !== compared) {
    throw new AssertionError(
      `[${shape}] has ${size} values, ${compared} of them to compare: got ${actual.length}, expected ${expected.length}`,
    )
  }

  const at = (i: number) => indices?.[i] ?? i
  const error = (i: number) => errorOf(actual[at(i)], expected[i])

  const failures: number[] = []
  let [worst, largest] = [0, 0]
  for (let i = 0; i < compared; i++) {
    const found = error(i)
    if (found > largest) [worst, largest] = [i, found]
    if (!(Number.isFinite(found) && found <= atol + rtol * Math.abs(expected[i] || 0))) failures.push(i)
  }
  if (failures.length === 0) return largest

  const describe = (i: number) => {
    const [n, h, w, c] = placeOf(shape, at(i))
    return `(n ${n}, h ${h}, w ${w}, c ${c}): got ${actual[at(i)]}, expected ${expected[i]}, error ${error(i)}`
  }
  throw new AssertionError(
    [
      `${failures.length} of ${compared} values of [${shape}] differ by more than ${atol} + ${rtol}·|expected|`,
      `  first at ${describe(failures[0])}`,
      `  worst at ${describe(worst)}`,
    ].join('\n'),
  )
}

/**
 * Asserts that every pixel has the expected class. Where the best logit beats the second by less than `tie`, float32 may
 * choose otherwise (a position computed in float32 is up to 1e-5 pixels off, and logits change by a few units a pixel); but
 * of exactly equal logits the lowest id has to win.
 */
export function expectClasses(actual: ArrayLike<number>, expected: ClassMap, tie = 1e-4) {
  const { height, width, classes, margin } = expected
  if (actual.length !== height * width) {
    throw new AssertionError(`expected ${height} × ${width} classes, got ${actual.length}`)
  }
  const wrong: number[] = []
  for (let pixel = 0; pixel < classes.length; pixel++) {
    const mayDiffer = margin[pixel] > 0 && margin[pixel] < tie
    if (actual[pixel] !== classes[pixel] && !mayDiffer) wrong.push(pixel)
  }
  if (wrong.length === 0) return

  const [first] = wrong
  const place = `(h ${Math.floor(first / width)}, w ${first % width})`
  throw new AssertionError(
    `${wrong.length} of ${classes.length} pixels have another class, the first at ${place}: ` +
      `got ${actual[first]}, expected ${classes[first]} by a margin of ${margin[first]}`,
  )
}

/** |a − r|; zero for the same NaN or infinity, infinite for a non-finite value where the other is not the same. */
function errorOf(actual: number, expected: number): number {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return 0
  const error = Math.abs(actual - expected)
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}
