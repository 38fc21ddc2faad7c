import { type Array4, zeros } from './array4.ts'
import { resizeBackward } from './resize_backward.ts'
import type { SoftmaxCrossEntropy } from './softmax_cross_entropy.ts'

/**
 * From the gradient of a loss by the probabilities of the upsampled logits, `slopes` [n, height, width, c], to that of lossWeight · scale ·
 * loss by the logits, and the mean of the slopes by each pixel's probabilities.
 */
export function throughSoftmax(
  {
    logits,
    alignCorners,
    lossWeight = 1,
    scale,
  }: { scale: number } & Pick<SoftmaxCrossEntropy, 'logits' | 'alignCorners' | 'lossWeight'>,
  probabilities: Array4,
  slopes: Array4,
): { means: Float64Array; gradient: Array4 } {
  const [, h, w, channels] = logits.shape
  const outputGradient = zeros(probabilities.shape)
  const means = new Float64Array(probabilities.data.length / channels)
  means.forEach((_, pixel) => {
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++)
      means[pixel] += probabilities.data[i] * slopes.data[i]
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++)
      outputGradient.data[i] = lossWeight * scale * probabilities.data[i] * (slopes.data[i] - means[pixel])
  })
  return { means, gradient: resizeBackward({ outputGradient, height: h, width: w, alignCorners }) }
}
