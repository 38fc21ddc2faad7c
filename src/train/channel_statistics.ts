// The mean and the standard deviation of each channel of a dataset's images.

import type { Dataset } from '../data/dataset.ts'
import { readLabelledImage } from '../data/labelled_image.ts'
import { UserError } from '../errors.ts'
import type { ChannelStatistics } from '../model/input_channels.ts'
import type { Samples } from '../model/preprocessing.ts'

/** So many images tell the statistics of a dataset. */
const MOST_IMAGES = 100

/**
 * Of at most 100 images, spread evenly over the dataset, which is the training split: all of their pixels. A channel of one value has a
 * standard deviation of 1. Throws a UserError for a dataset of photos, and a BadImageError as reading an image does.
 */
export async function channelStatistics(dataset: Dataset): Promise<ChannelStatistics> {
  const count = Math.min(dataset.size, MOST_IMAGES)
  const sums: ChannelSums[] = []
  for (let i = 0; i < count; i++) {
    const index = Math.floor(((i + 0.5) * dataset.size) / count)
    const { image, id } = await readLabelledImage(dataset, index)
    if (!image.samples)
      throw new UserError(
        `${id}: expected an image of channels of its own, got a photo: open the dataset with channels`,
      )
    sums[0] ??= new ChannelSums(image.samples)
    sums[0].add(image.samples)
  }
  return sums[0].statistics()
}

/** Sums around the first pixel's values, so that their rounding errors stay small for samples far from zero. */
class ChannelSums {
  readonly #centre: Float32Array
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  #pixels = 0

  constructor({ channels, data }: Samples) {
    this.#centre = data.slice(0, channels)
    this.#sums = new Float64Array(channels)
    this.#squares = new Float64Array(channels)
  }

  add({ channels, data }: Samples): void {
    if (channels !== this.#sums.length)
      throw new UserError(`expected images of ${this.#sums.length} channels, got one of ${channels}`)
    for (let i = 0, channel = 0; i < data.length; i++, channel = (channel + 1) % channels) {
      const offset = data[i] - this.#centre[channel]
      this.#sums[channel] += offset
      this.#squares[channel] += offset * offset
    }
    this.#pixels += data.length / channels
  }

  statistics(): ChannelStatistics {
    const means = [...this.#sums].map(sum => sum / this.#pixels)
    const deviations = means.map((mean, channel) =>
      Math.sqrt(Math.max(0, this.#squares[channel] / this.#pixels - mean * mean)),
    )
    return {
      mean: means.map((mean, channel) => mean + this.#centre[channel]),
      std: deviations.map(deviation => (deviation > SMALLEST ? deviation : 1)),
    }
  }
}

/** The smallest standard deviation of a channel of more than one value. */
const SMALLEST = 1e-6
