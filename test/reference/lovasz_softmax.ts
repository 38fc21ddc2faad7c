import { type Array4, zeros } from './array4.ts'
import { probabilitiesOf } from './dice_loss.ts'
import { throughSoftmax } from './overlap.ts'
import { isLabelled, type SoftmaxCrossEntropy } from './softmax_cross_entropy.ts'

type Given = Omit<SoftmaxCrossEntropy, 'classWeights' | 'labelSmoothing'>

/** |[c is the label] − p| of each label pixel; 0 where it is ignored. */
export function lovaszErrors(given: Given, { data }: Array4, c: number): Float64Array {
  const channels = given.logits.shape[3]
  return Float64Array.from(given.labels, (label, pixel) =>
    isLabelled(label, given) ? Math.abs(Number(label === c) - data[pixel * channels + c]) : 0,
  )
}

/** The pixels in the order of their errors, the smallest first; those with the same error in their own order. */
export const inOrder = (errors: ArrayLike<number>): Uint32Array =>
  Uint32Array.from([...Array(errors.length).keys()].sort((a, b) => errors[a] - errors[b] || a - b))

/** The Lovász extension of the Jaccard loss of class `c` at these errors, and its gradient by each pixel's error (algorithm 1). */
export function lovaszExtension(
  { labels, ...given }: Given,
  errors: ArrayLike<number>,
  c: number,
): { loss: number; gradient: Float64Array } {
  const isClass = (pixel: number) => labels[pixel] === c && isLabelled(c, given)
  const area = [...labels.keys()].filter(isClass).length
  const gradient = new Float64Array(labels.length)
  if (area === 0) return { loss: 0, gradient }
  let [loss, before, hits, misses] = [0, 0, 0, 0]
  for (const pixel of inOrder(errors).toReversed()) {
    if (isClass(pixel)) hits++
    else misses++
    const jaccard = 1 - (area - hits) / (area + misses)
    gradient[pixel] = jaccard - before
    before = jaccard
    loss += errors[pixel] * gradient[pixel]
  }
  return { loss, gradient }
}

/** Lovász-softmax with classes='present' and per_image=False, of logits bilinearly resized to the labels' size; and its gradient. */
export function lovaszSoftmax(given: Given): { loss: number; means: Float64Array; gradient: Array4 } {
  const probabilities = probabilitiesOf(given)
  const channels = given.logits.shape[3]
  const slopes = zeros(probabilities.shape)
  const present = new Set(given.labels.filter(label => isLabelled(label, given)))
  let loss = 0
  for (const c of present) {
    const found = lovaszExtension(given, lovaszErrors(given, probabilities, c), c)
    loss += found.loss / present.size
    found.gradient.forEach((slope, pixel) => {
      if (isLabelled(given.labels[pixel], given))
        slopes.data[pixel * channels + c] = given.labels[pixel] === c ? -slope : slope
    })
  }
  const scale = present.size > 0 ? 1 / present.size : 0
  return { loss, ...throughSoftmax({ ...given, scale }, probabilities, slopes) }
}
