import type { Window } from './geometry.ts'

/**
 * Along an axis, output pixels that are `step` apart have taps on the same input pixels. From one of these output
 * pixels to the next, an input pixel moves by `tapStep` taps.
 */
export function sharedTaps({ stride, dilation }: Pick<Window, 'stride' | 'dilation'>): {
  step: number
  tapStep: number
} {
  const common = greatestCommonDivisor(stride, dilation)
  return { step: dilation / common, tapStep: stride / common }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/**
 * Rows of a strip, at most. In a strip this high, the weights and the rows that neighbouring strips load too cost
 * little.
 */
const HIGH = 40
/** With fewer invocations than this, strips are lower, but have at least LOW rows. */
const ENOUGH_INVOCATIONS = 4096
const LOW = 8

/**
 * For kernels that slide a window down a map of `rows` rows. The map is cut into blocks of step · `stripRows` rows. A
 * block has `step` strips, whose rows alternate. The last rows may be past the map. `invocations` is the number for
 * each strip.
 */
export function rowStrips(
  rows: number,
  step: number,
  invocations: number,
): { strips: number; stripRows: number } {
  const alternating = Math.ceil(rows / step)
  const enough = Math.ceil(ENOUGH_INVOCATIONS / (step * invocations))
  const blocks = Math.max(Math.ceil(alternating / HIGH), Math.min(enough, Math.floor(alternating / LOW)))
  const stripRows = Math.ceil(alternating / blocks)
  return { strips: Math.ceil(alternating / stripRows) * step, stripRows }
}
