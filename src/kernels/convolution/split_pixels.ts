/** Invocations that fill a large GPU. */
const ENOUGH_INVOCATIONS = 32768
/** The least pixels of a split: with fewer pixels, adding up the partial sums costs as much as computing them. */
const LEAST_PIXELS = 128

/**
 * The number of partial sums into which a sum over `pixels` is split. Without a split, `workers` would compute it;
 * `enough` of them would fill the GPU. Workers are invocations by default. The number depends only on the shape and
 * never on the adapter, because the order of a sum, and so its last bits, depends on it.
 */
export function splitPixels(pixels: number, workers: number, enough = ENOUGH_INVOCATIONS): number {
  return Math.max(1, Math.floor(Math.min(enough / workers, pixels / LEAST_PIXELS)))
}
