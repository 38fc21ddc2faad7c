// The preprocessing of a photo before a network sees it.

import * as v from 'valibot'
import { expecting, oneOf } from '../json.ts'

/** Each checkpoint has its own: the preprocessing with which its weights were trained. */
export interface Preprocessing {
  /** For red, green and blue, on the scale from 0 to 1: the network sees (x/255 − mean)/std. */
  mean: [number, number, number]
  std: [number, number, number]
  /** The order in which the network takes the channels. Default: rgb. */
  channels?: 'rgb' | 'bgr'
  /** The photo is resized so that this edge has `size` pixels. It keeps its aspect ratio. */
  edge: 'longest' | 'shortest'
  size: number
}

/** The largest `size` in pixels. It is larger than in any training, and small enough that planning is quick. */
export const MAX_NETWORK_SIZE = 16384

/** @internal The sizes to which an edge can be resized. */
export const NETWORK_SIZE = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_NETWORK_SIZE))

const three = (least: number, most: number) => {
  const value = v.pipe(v.number(), v.minValue(least), v.maxValue(most))
  return v.tuple([value, value, value])
}

/** @internal The schema of each field of Preprocessing. Hugging Face has some of the fields under other names. */
export const PREPROCESSING_FIELDS = {
  mean: expecting('three numbers from -10 to 10', three(-10, 10)),
  std: expecting('three numbers from 0.001 to 10', three(0.001, 10)),
  edge: oneOf('longest', 'shortest'),
  size: expecting(`a whole number from 1 to ${MAX_NETWORK_SIZE}`, NETWORK_SIZE),
}

/** @internal The schema of Preprocessing in this package's config.json. */
export const PREPROCESSING = v.object({
  ...PREPROCESSING_FIELDS,
  channels: v.exactOptional(oneOf('rgb', 'bgr')),
})

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
