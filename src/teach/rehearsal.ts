// The labels that a step learns from a photo: the strokes, and a little of what the network said about the other pixels before the lesson, so
// that it does not forget its classes.

import { IGNORE_INDEX } from '../data/dataset.ts'

interface Pixels {
  /** The labels of the strokes; IGNORE_INDEX for all other pixels. */
  strokes: Uint8Array
  /** The class of each pixel before the lesson, or IGNORE_INDEX. */
  classes: Uint8Array
}

interface LabelledPixels {
  labels: Uint8Array
  /** A factor for each class on its pixels' loss. */
  classWeights: Float32Array
}

/**
 * Each class with strokes counts alike, however large its strokes are, and together they count 1. The other pixels count `share`
 * together, each alike. The loss has weights for classes, and not for pixels. So of a class that has strokes, as many other pixels are
 * drawn as give the right sum at the weight of the strokes' pixels; each step draws others. There
 * is at least one stroke.
 */
export function labelledPixels(
  { strokes, classes: before }: Pixels,
  { classes, share, step }: { classes: number; share: number; step: number },
): LabelledPixels {
  const painted = pixelsOf(strokes)
  const taught = painted.subarray(0, IGNORE_INDEX).reduce((sum, pixels) => sum + Number(pixels > 0), 0)
  const others = pixelsOf(before.map((id, i) => (strokes[i] === IGNORE_INDEX ? id : IGNORE_INDEX)))
  const other = share / Math.max(1, strokes.length - others[IGNORE_INDEX])
  const classWeights = Float32Array.from({ length: classes }, (_, id) =>
    painted[id] > 0 ? 1 / (taught * painted[id]) : other,
  )
  const labels = strokes.map((label, i) => {
    const id = before[i]
    if (label !== IGNORE_INDEX || id === IGNORE_INDEX) return label
    return quasiRandom(i, step) * classWeights[id] < other ? id : IGNORE_INDEX
  })
  return { labels, classWeights }
}

/**
 * A number in [0, 1) for a pixel in a step: multiples of the golden ratio spread evenly over the pixels, and those of the plastic ratio
 * over the steps.
 */
const quasiRandom = (pixel: number, step: number): number =>
  (pixel * 0.6180339887498949 + step * 0.7548776662466927) % 1

/** By label, the number of pixels. */
function pixelsOf(labels: Uint8Array): Uint32Array {
  const pixels = new Uint32Array(IGNORE_INDEX + 1)
  for (const label of labels) pixels[label]++
  return pixels
}
