import { type Array4, zeros } from './array4.ts'
import { throughSoftmax } from './overlap.ts'
import { resize } from './resize.ts'
import { softmax } from './softmax.ts'
import { isLabelled, type SoftmaxCrossEntropy } from './softmax_cross_entropy.ts'

type Given = Omit<SoftmaxCrossEntropy, 'classWeights' | 'labelSmoothing'>

export interface DiceLoss {
  loss: number
  /** Of the gradient of the classes' sum by a class's probability: what it is more at the class's own pixels, and what it is elsewhere. */
  ofLabel: Float64Array
  ofAll: Float64Array
  /** The mean of that gradient by a pixel's probabilities, [n, height, width]. */
  means: Float64Array
  /** Of lossWeight · loss by the logits. */
  gradient: Array4
}

/** Sums of each class's probability over labelled pixels: over those of the class, and over all. */
export interface DiceSums {
  overlaps: Float64Array
  totals: Float64Array
  areas: Float64Array
}

/** The probabilities of the upsampled logits, [n, height, width, c]. */
export const probabilitiesOf = (given: Given): Array4 => softmax(resize({ ...given, input: given.logits }))

/** Of the label pixels from `first` up to `end`. */
export function diceSums(given: Given, { data }: Array4, first = 0, end = given.labels.length): DiceSums {
  const channels = given.logits.shape[3]
  const vector = () => new Float64Array(channels)
  const [overlaps, totals, areas] = [vector(), vector(), vector()]
  for (let pixel = first; pixel < end; pixel++) {
    const label = given.labels[pixel]
    if (!isLabelled(label, given)) continue
    overlaps[label] += data[pixel * channels + label]
    areas[label]++
    for (let c = 0; c < channels; c++) totals[c] += data[pixel * channels + c]
  }
  return { overlaps, totals, areas }
}

/** DiceLoss(mode='multiclass') of segmentation_models.pytorch, of logits bilinearly resized to the labels' size. */
export function diceLoss(given: Given): DiceLoss {
  const probabilities = probabilitiesOf(given)
  const channels = given.logits.shape[3]
  const { overlaps, totals, areas } = diceSums(given, probabilities)
  const sums = areas.map((area, c) => area + totals[c])
  const scores = overlaps.map((overlap, c) => (areas[c] > 0 ? (2 * overlap) / sums[c] : 1))
  const ofLabel = areas.map((area, c) => (area > 0 ? -2 / sums[c] : 0))
  const ofAll = areas.map((area, c) => (area > 0 ? scores[c] / sums[c] : 0))
  const slopes = zeros(probabilities.shape)
  given.labels.forEach((label, pixel) => {
    if (!isLabelled(label, given)) return
    for (let c = 0; c < channels; c++)
      slopes.data[pixel * channels + c] = ofAll[c] + (c === label ? ofLabel[c] : 0)
  })
  const loss = scores.reduce((sum, score) => sum + 1 - score, 0) / channels
  return { loss, ofLabel, ofAll, ...throughSoftmax({ ...given, scale: 1 / channels }, probabilities, slopes) }
}
