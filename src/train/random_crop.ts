// Makes a training example of a labelled photo: scaled, mirrored and cropped at random (section 4.1 of DeepLabv3). augment.ts also rotates
// it and changes its colours.

import { IGNORE_INDEX, type LabelledImage } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import { channelsText } from '../inference/photo.ts'
import { networkSize, type Preprocessing, samplesIn } from '../model/preprocessing.ts'
import { type Crop, type CropAxis, cropImage, cropLabels, type Example, floatsOf } from './crop.ts'
import type { Distortion } from './distortion.ts'
import { isOff } from './jitter_amounts.ts'
import { randomInteger } from './random.ts'

export interface Augmentation extends Distortion {
  /** Edge of the square crop, in pixels. */
  cropSize: number
  /** The bounds of a random factor on the size at which the network sees a photo in inference. It is uniform between them. */
  scales: readonly [smallest: number, largest: number]
  /** Whether each example is mirrored left to right with a probability of one half. */
  flip: boolean
  /** The largest angle in degrees by which an example is rotated, to either side. Default: 0. */
  rotation?: number
}

/** Section 4.1 of DeepLabv3. */
export const PAPER_AUGMENTATION: Augmentation = { cropSize: 513, scales: [0.5, 2], flip: true }

export interface AugmentOptions extends Augmentation {
  /** The network's. It has the photo's size at factor 1, and the mean colour that fills the area outside the photo. */
  preprocessing: Preprocessing
  /** Returns uniform numbers in [0, 1). Each example draws four, whatever the options are. */
  random: () => number
  /** Returns other such numbers, for rotation and colours, so that the crops are the same with them and without. Default: `random`. */
  distortions?: () => number
}

/** Whether an example is no more than a crop: neither rotated nor changed in its colours. */
export const isOnlyCropped = ({
  rotation = 0,
  colourJitter = 0,
  grey = 0,
  blur = 0,
}: Augmentation): boolean => rotation === 0 && isOff(colourJitter) && grey === 0 && blur === 0

/** Writes the example that `augment` does with options of which `isOnlyCropped` holds. */
export function randomCrop(photo: LabelledImage, into: Example, options: AugmentOptions): void {
  const crop = drawCrop(photo, options)
  pad(into, options.preprocessing)
  writeCrop(photo, crop, into)
}

export function writeCrop(photo: LabelledImage, crop: Crop, { image, labels }: Example): void {
  cropImage(photo, crop, image)
  cropLabels(photo, crop, labels)
}

/** Draws a window of a photo, with four numbers. Throws a UserError for an image of other channels than the network's. */
export function drawCrop(
  photo: LabelledImage,
  { cropSize, scales, flip, preprocessing, random }: AugmentOptions,
): Crop {
  checkSamples(photo, preprocessing)
  const scale = scales[0] + (scales[1] - scales[0]) * random()
  const mirrored = random() < 0.5 && flip
  const scaled = networkSize(photo, preprocessing, scale)
  const axis = (scaled: number): CropAxis => {
    const size = Math.min(scaled, cropSize)
    return { scaled, size, start: randomInteger(random, scaled - size + 1) }
  }
  return { columns: axis(scaled.width), rows: axis(scaled.height), mirrored, pitch: cropSize }
}

/** Throws a UserError for changes that only photos can have: those of colours, and rotation. */
export function checkAugmentation(
  { rotation = 0, colourJitter = 0, grey = 0, blur = 0 }: Partial<Augmentation>,
  preprocessing: Preprocessing,
): void {
  if (samplesIn(preprocessing) === undefined) return
  for (const [name, value] of Object.entries({ rotation, colourJitter, grey, blur }))
    if ([value].flat().some(amount => amount !== 0))
      throw new UserError(`${name}: only photos are changed so, and the network takes channels of its own`)
}

/** Throws a UserError for an image of other channels than the network's. */
function checkSamples({ id, image: { samples } }: LabelledImage, preprocessing: Preprocessing): void {
  const expected = samplesIn(preprocessing)
  if (samples?.channels !== expected)
    throw new UserError(`${id}: expected ${channelsText(expected)}, got ${channelsText(samples?.channels)}`)
}

/** Gives all of an example the mean colour and IGNORE_INDEX. */
export function pad({ image, labels }: Example, { mean, channels }: Preprocessing): void {
  labels.fill(IGNORE_INDEX)
  if (channels === 'samples') {
    const numbers = floatsOf(image)
    for (let i = 0; i < numbers.length; i++) numbers[i] = mean[i % mean.length]
    return
  }
  const [red, green, blue] = mean.map(share => Math.round(share * 255))
  for (let i = 0; i < image.length; i += 4) {
    image[i] = red
    image[i + 1] = green
    image[i + 2] = blue
    image[i + 3] = 255
  }
}
