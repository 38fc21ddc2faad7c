// The preprocessing of a photo before a network sees it.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { expecting, oneOf } from '../json.ts'
import { MAX_CHANNELS } from '../kernels/layout.ts'

/** Each checkpoint has its own: the preprocessing with which its weights were trained. */
export interface Preprocessing {
  /**
   * For each channel. Of photos on the scale from 0 to 1: the network sees (x/255 − mean)/std. Of `samples` on their own scale, where that
   * of whole numbers of 8 and 16 bits is from 0 to 1.
   */
  mean: number[]
  std: number[]
  /**
   * The channels of photos, in the order in which the network takes them (default: rgb); or `samples`: an image's own, 1 to 8 of any meaning.
   */
  channels?: 'rgb' | 'bgr' | 'samples'
  /** The photo is resized so that this edge has `size` pixels. It keeps its aspect ratio. */
  edge: 'longest' | 'shortest'
  size: number
}

/** An image's own channels. */
export interface Samples {
  /** 1 to 8. */
  channels: number
  /** Finite numbers, height · width · channels, row by row from the top with the channels of a pixel together. */
  data: Float32Array
}

/** The largest `size` in pixels. It is larger than in any training, and small enough that planning is quick. */
export const MAX_NETWORK_SIZE = 16384

/** @internal The sizes to which an edge can be resized. */
export const NETWORK_SIZE = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_NETWORK_SIZE))

const numbers = (least: number, most: number) =>
  v.array(v.pipe(v.number(), v.minValue(least), v.maxValue(most)))

const three = (least: number, most: number) => v.pipe(numbers(least, most), v.minLength(3), v.maxLength(3))

/** A number for each channel. Samples may have any scale, such as a height in metres. */
const perChannel = (least: number, most: number) =>
  expecting(
    `1 to ${MAX_CHANNELS} numbers from ${least} to ${most}`,
    v.pipe(numbers(least, most), v.minLength(1), v.maxLength(MAX_CHANNELS)),
  )

const SIZE_FIELDS = {
  edge: oneOf('longest', 'shortest'),
  size: expecting(`a whole number from 1 to ${MAX_NETWORK_SIZE}`, NETWORK_SIZE),
}

/** @internal The schemas of mean and std. Hugging Face has them under other names. */
export const STATISTICS = {
  photos: {
    mean: expecting('three numbers from -10 to 10', three(-10, 10)),
    std: expecting('three numbers from 0.001 to 10', three(0.001, 10)),
  },
  samples: { mean: perChannel(-1e6, 1e6), std: perChannel(1e-6, 1e6) },
}

const OF_PHOTOS = v.object({
  ...STATISTICS.photos,
  ...SIZE_FIELDS,
  channels: v.exactOptional(oneOf('rgb', 'bgr', 'samples')),
})
const OF_SAMPLES = v.object({
  ...STATISTICS.samples,
  ...SIZE_FIELDS,
  channels: v.literal('samples'),
})

/** @internal The schema of Preprocessing in this package's config.json. */
export const PREPROCESSING: v.GenericSchema<unknown, Preprocessing> = v.lazy(
  (input): v.GenericSchema<unknown, Preprocessing> =>
    (input as { channels?: unknown } | null)?.channels === 'samples' ? OF_SAMPLES : OF_PHOTOS,
)

/** How many channels of an image's own a network takes; undefined if it takes photos. */
export const samplesIn = ({
  mean,
  channels,
}: Pick<Preprocessing, 'mean' | 'channels'>): number | undefined =>
  channels === 'samples' ? mean.length : undefined

/** The preprocessing of photos for a network that may take other channels: mean and std repeat, and one channel has the mean of the three. */
export function preprocessingFor(
  { inputChannels }: { inputChannels: number },
  photos: Preprocessing,
): Preprocessing {
  if (inputChannels === 3) return photos
  const [mean, std] = [photos.mean, photos.std].map(values =>
    inputChannels === 1
      ? [values.reduce((a, b) => a + b) / values.length]
      : Array.from({ length: inputChannels }, (_, channel) => values[channel % 3]),
  )
  return { ...photos, mean, std, channels: 'samples' }
}

/** Throws a UserError, which begins with `source`, where preprocessing is not for images of a network's channels. */
export function checkChannels(
  { inputChannels }: { inputChannels: number },
  { mean, std, channels }: Preprocessing,
  source: string,
): void {
  const refuse = (field: string, expected: string) => {
    throw new UserError(`${source}: preprocessing.${field}: expected ${expected}`)
  }
  const each = `a number for each of the ${inputChannels} channels`
  if (mean.length !== inputChannels) refuse('mean', `${each}; got ${mean.length}`)
  if (std.length !== inputChannels) refuse('std', `${each}; got ${std.length}`)
  if (inputChannels !== 3 && channels !== 'samples')
    refuse(
      'channels',
      `samples, since the network takes ${inputChannels} channels; got ${channels ?? 'none'}`,
    )
}

/** The statistics of ImageNet, as for torchvision's backbones. 513 is the paper's crop. */
export const IMAGENET: Preprocessing = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  edge: 'longest',
  size: 513,
}

/** torchvision's preset for its segmentation models. */
export const TORCHVISION: Preprocessing = { ...IMAGENET, edge: 'shortest', size: 520 }

/** The preprocessing of TensorFlow's DeepLab: values from −1 to 1, and the longest edge at 513. */
export const TENSORFLOW: Preprocessing = { ...IMAGENET, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }

/** The preprocessing of the networks of Caffe's time: values from 0 to 255, of which the means are taken, and blue comes first. */
export const CAFFE: Preprocessing = {
  ...IMAGENET,
  mean: [122.675 / 255, 116.669 / 255, 104.008 / 255],
  std: [1 / 255, 1 / 255, 1 / 255],
  channels: 'bgr',
}

/** The length of the edge that `size` is about. */
export const edgeOf = (
  { width, height }: { width: number; height: number },
  { edge }: Pick<Preprocessing, 'edge'>,
): number => (edge === 'longest' ? Math.max(width, height) : Math.min(width, height))

/** The size at which the network sees a photo, times `scale` of multi-scale inference. Each edge has at least one pixel. */
export function networkSize(
  photo: { width: number; height: number },
  preprocessing: Preprocessing,
  scale = 1,
): { width: number; height: number } {
  const { width, height } = photo
  const factor = (scale * preprocessing.size) / edgeOf(photo, preprocessing)
  const fit = (length: number) => Math.max(1, Math.round(length * factor))
  return { width: fit(width), height: fit(height) }
}
