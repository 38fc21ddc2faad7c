import { type Array4, type Shape4, zeros } from './array4.ts'
import { resize } from './resize.ts'
import { resizeBackward } from './resize_backward.ts'
import { largestOf, softmax } from './softmax.ts'

export interface SoftmaxCrossEntropy {
  /** [n, h, w, c] */
  logits: Array4
  /** [n, height, width] class ids; what is `ignoreIndex`, or no class, is ignored */
  labels: Uint8Array
  height: number
  width: number
  alignCorners: boolean
  ignoreIndex: number
  /** [c]; ones if absent */
  classWeights?: Float64Array
  /** the share of the target that all classes have alike; 0 if absent */
  labelSmoothing?: number
  /** factor on the gradient: of the loss in a sum of losses; 1 if absent */
  lossWeight?: number
}

/** The loss and what it is made of. */
export interface Loss {
  /** log Σ exp of the upsampled logits, [n, height, width]; 0 where the label is ignored */
  logSumExp: Float64Array
  /** weight · −log p(label) of each pixel, with label smoothing; 0 where the label is ignored */
  pixelLosses: Float64Array
  /** their sum */
  weightedLoss: number
  /** Σ weight over the pixels that are not ignored */
  weight: number
  /** their quotient; 0 if every pixel is ignored (PyTorch: NaN) */
  loss: number
}

/** PyTorch's cross_entropy, weighted mean, of logits bilinearly resized to the labels' size. */
export const softmaxCrossEntropy = (given: SoftmaxCrossEntropy): Loss => lossOf(given, upsampled(given))

/** The loss, and its gradient by the logits. */
export function softmaxCrossEntropyWithGradient(given: SoftmaxCrossEntropy): Loss & { gradient: Array4 } {
  const { logits, labels, height, width, lossWeight = 1, labelSmoothing = 0 } = given
  const [n, h, w, channels] = logits.shape
  const shape: Shape4 = [n, height, width, channels]
  const upsampledLogits = upsampled(given)
  const loss = lossOf(given, upsampledLogits)
  const probabilities = softmax(upsampledLogits)
  const outputGradient = zeros(shape)
  const weights = Array.from({ length: channels }, (_, c) => given.classWeights?.[c] ?? 1)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  labels.forEach((label, pixel) => {
    const own = weightOf(label, given)
    if (own === undefined || loss.weight === 0) return
    for (let c = 0; c < channels; c++) {
      const p = probabilities.data[pixel * channels + c]
      const sharp = own * (p - Number(c === label))
      const smooth = (p * total - weights[c]) / channels
      outputGradient.data[pixel * channels + c] =
        (lossWeight * ((1 - labelSmoothing) * sharp + labelSmoothing * smooth)) / loss.weight
    }
  })
  return { ...loss, gradient: resizeBackward({ ...given, outputGradient, height: h, width: w }) }
}

/** The gradient of lossWeight · loss by the logits, [n, h, w, c]. */
export const softmaxCrossEntropyBackward = (given: SoftmaxCrossEntropy): Array4 =>
  softmaxCrossEntropyWithGradient(given).gradient

/** [n, height, width, c] */
const upsampled = (given: SoftmaxCrossEntropy): Array4 => resize({ ...given, input: given.logits })

function lossOf(given: SoftmaxCrossEntropy, { data, shape }: Array4): Loss {
  const channels = shape[3]
  const { labelSmoothing = 0, classWeights } = given
  const logSumExp = new Float64Array(given.labels.length)
  const pixelLosses = new Float64Array(given.labels.length)
  let [weightedLoss, weight] = [0, 0]
  given.labels.forEach((label, pixel) => {
    const own = weightOf(label, given)
    if (own === undefined) return
    const first = pixel * channels
    const max = largestOf(data, { first, count: channels })
    let sum = 0
    for (let c = 0; c < channels; c++) sum += Math.exp(data[first + c] - max)
    logSumExp[pixel] = max + Math.log(sum)
    let smooth = 0
    for (let c = 0; c < channels; c++)
      smooth += ((classWeights?.[c] ?? 1) * (logSumExp[pixel] - data[first + c])) / channels
    const sharp = own * (logSumExp[pixel] - data[first + label])
    pixelLosses[pixel] = (1 - labelSmoothing) * sharp + labelSmoothing * smooth
    weightedLoss += pixelLosses[pixel]
    weight += own
  })
  return { logSumExp, pixelLosses, weightedLoss, weight, loss: weight === 0 ? 0 : weightedLoss / weight }
}

/** The weight of a pixel of this label; undefined if it is ignored. */
const weightOf = (label: number, given: SoftmaxCrossEntropy): number | undefined =>
  isLabelled(label, given) ? (given.classWeights?.[label] ?? 1) : undefined

/** Whether a label is that of a class. */
export const isLabelled = (
  label: number,
  { logits, ignoreIndex }: Pick<SoftmaxCrossEntropy, 'logits' | 'ignoreIndex'>,
): boolean => label !== ignoreIndex && label < logits.shape[3]

/** The labels of the `hard` pixels with the largest losses, and `ignoreIndex` elsewhere. Of pixels with the same loss, the last ones stay. */
export function hardLabels(
  { labels, ignoreIndex }: Pick<SoftmaxCrossEntropy, 'labels' | 'ignoreIndex'>,
  losses: ArrayLike<number>,
  hard: number,
): Uint8Array {
  const order = [...labels.keys()].sort((a, b) => losses[b] - losses[a] || b - a)
  const found = labels.map(() => ignoreIndex)
  for (const pixel of order.slice(0, hard)) found[pixel] = labels[pixel]
  return found
}
