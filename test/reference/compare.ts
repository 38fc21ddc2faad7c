import { AssertionError } from 'chai'
import { placeOf, type Shape4, sizeOf } from './array4.ts'

export interface Closeness {
  /** the shape of `actual`, to say where a difference is */
  shape: Shape4
  /** absolute tolerance; 1e-5 unless given */
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
  const { shape, atol = 1e-5, rtol, indices } = closeness
  const size = sizeOf(shape)
  const compared = indices?.length ?? size
  if (actual.length !== size || expected.length !== compared) {
    throw new AssertionError(
      `[${shape}] has ${size} values, ${compared} of them to compare: got ${actual.length}, expected ${expected.length}`,
    )
  }

  const at = (i: number) => indices?.[i] ?? i
  const error = (i: number) => errorOf(actual[at(i)], expected[i])
  const isClose = (i: number) =>
    Number.isFinite(error(i)) && error(i) <= atol + rtol * Math.abs(expected[i] || 0)

  const failures: number[] = []
  let worst = 0
  for (let i = 0; i < compared; i++) {
    if (error(i) > error(worst)) worst = i
    if (!isClose(i)) failures.push(i)
  }
  if (failures.length === 0) return error(worst)

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

/** |a − r|; zero for the same NaN or infinity, infinite for a non-finite value where the other is not the same. */
function errorOf(actual: number, expected: number): number {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return 0
  const error = Math.abs(actual - expected)
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}
