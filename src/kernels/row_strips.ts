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
/** Strips are lower where there would be fewer invocations than `enough`, but have at least `low` rows. */
const CPU_STRIPS = { enough: 4096, low: 8 }
/** So many invocations fill a large GPU. The two more rows that a strip loads come from its caches. */
const GPU_STRIPS = { enough: 65_536, low: 3 }

/**
 * For kernels that slide a window down a map of `rows` rows. The map is cut into blocks of step · `stripRows` rows. A
 * block has `step` strips, whose rows alternate. The last rows may be past the map. `invocations` is the number for
 * each strip. `onGpu`: whether a hardware GPU computes them. Default: a CPU adapter.
 */
export function rowStrips({
  rows,
  step,
  invocations,
  onGpu = false,
}: {
  rows: number
  step: number
  invocations: number
  onGpu?: boolean
}): { strips: number; stripRows: number } {
  const { enough, low } = onGpu ? GPU_STRIPS : CPU_STRIPS
  const alternating = Math.ceil(rows / step)
  const wanted = Math.ceil(enough / (step * invocations))
  const blocks = Math.max(Math.ceil(alternating / HIGH), Math.min(wanted, Math.floor(alternating / low)))
  const stripRows = Math.ceil(alternating / blocks)
  return { strips: Math.ceil(alternating / stripRows) * step, stripRows }
}
