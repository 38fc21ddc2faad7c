/** Invocations that fill a large GPU. */
const ENOUGH_INVOCATIONS = 32768
/** Of one split: with fewer, adding the partial sums up costs as much as making them. */
const LEAST_PIXELS = 128

/**
 * Into how many partial sums a sum over `pixels` is split, where without a split `workers` would compute it: invocations, or what
 * else `enough` are to be of. By the shape alone, never by the adapter: the order of a sum, and so its last bits, depend on it.
 */
export function splitPixels(pixels: number, workers: number, enough = ENOUGH_INVOCATIONS): number {
  return Math.max(1, Math.floor(Math.min(enough / workers, pixels / LEAST_PIXELS)))
}
