import type { Window } from './geometry.ts'

/** How the rows of a map are shared out: strips of rows that are `step` apart, from the top to the bottom of a block. */
export interface DepthwiseStrips {
  /** Of all blocks: `step` for each. */
  strips: number
  stripPixels: number
  step: number
  /** From one pixel of a strip to the next, in taps of the window. */
  tapStride: number
}

/** The rows above a strip are loaded for another, too, and its weights as well: little where it is so high. */
const HIGH = 40
/** With fewer invocations, strips are lower, but not much lower than LOW. */
const ENOUGH_INVOCATIONS = 4096
const LOW = 8

/**
 * The strips that the depthwise kernels slide their windows down. Its rows are so far apart that their taps fall on the same rows of
 * the map under the window. `invocations` is how many each strip takes.
 */
export function depthwiseStrips(
  rows: number,
  { stride, dilation }: Pick<Window, 'stride' | 'dilation'>,
  invocations: number,
): DepthwiseStrips {
  const common = greatestCommonDivisor(stride, dilation)
  const step = dilation / common
  const pixels = Math.ceil(rows / step)
  const enough = Math.ceil(ENOUGH_INVOCATIONS / (step * invocations))
  const blocks = Math.max(Math.ceil(pixels / HIGH), Math.min(enough, Math.ceil(pixels / LOW)))
  const stripPixels = Math.ceil(pixels / blocks)
  return {
    strips: Math.ceil(pixels / stripPixels) * step,
    stripPixels,
    step,
    tapStride: stride / common,
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
