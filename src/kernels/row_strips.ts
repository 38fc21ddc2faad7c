import type { Window } from './geometry.ts'

/**
 * How far apart, along an axis, pixels are whose taps fall on the same pixels of the map under the window: `step`; and how many taps
 * it is from one to the next there: `tapStride`.
 */
export function sharedTaps({ stride, dilation }: Pick<Window, 'stride' | 'dilation'>): {
  step: number
  tapStride: number
} {
  const common = greatestCommonDivisor(stride, dilation)
  return { step: dilation / common, tapStride: stride / common }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Rows at a strip's ends are loaded for its neighbours, too, and weights for each strip: little where it is so high. */
const HIGH = 40
/** With fewer invocations strips are lower, but not lower than LOW. */
const ENOUGH_INVOCATIONS = 4096
const LOW = 8

/**
 * For kernels that slide a window down a map of so many rows: in blocks of step · `stripRows` rows, `step` strips each, whose rows
 * alternate. The last rows may lie past the map. `invocations` is how many each strip takes.
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
