import type { Array4 } from './array4.ts'

/** Of each channel over the batch; both [c]. */
export interface Statistics {
  mean: Float64Array
  /** biased: Σ(x − mean)² / the number of pixels */
  variance: Float64Array
}

/** The mean and the biased variance of each channel over all pixels of all images. */
export function batchNormStatistics({ shape, data }: Array4): Statistics {
  const channels = shape[3]
  const pixels = data.length / channels
  const mean = new Float64Array(channels)
  const variance = new Float64Array(channels)
  data.forEach((x, index) => {
    mean[index % channels] += x / pixels
  })
  data.forEach((x, index) => {
    const c = index % channels
    variance[c] += (x - mean[c]) ** 2 / pixels
  })
  return { mean, variance }
}

export interface Running {
  runningMean: Float64Array
  runningVariance: Float64Array
  /** the batch's share in the new values (PyTorch's convention) */
  momentum: number
}

/** What a batch of `pixels` values a channel makes of the running statistics: PyTorch runs the unbiased variance. */
export function updateRunning({ mean, variance }: Statistics, pixels: number, running: Running) {
  const { runningMean, runningVariance, momentum } = running
  return {
    runningMean: runningMean.map((old, c) => (1 - momentum) * old + momentum * mean[c]),
    runningVariance: runningVariance.map(
      (old, c) => (1 - momentum) * old + (momentum * variance[c] * pixels) / (pixels - 1),
    ),
  }
}
