// Makes a training example of a labelled photo: a random crop, and perhaps rotated and changed in its colours. A run that has neither
// change need not load it.

import type { LabelledImage } from '../data/dataset.ts'
import type { Example } from './crop.ts'
import { type Distortion, distort, drawAngle, drawDistortion } from './distortion.ts'
import { type AugmentOptions, checkAugmentation, drawCrop, pad, writeCrop } from './random_crop.ts'
import { rotatedCrop } from './rotate.ts'

/**
 * Writes a random example of a photo. The photo is scaled (the image as for inference, the labels by nearest neighbour),
 * perhaps mirrored, and cropped to a random window, or kept whole if it is smaller than the crop. The rest of the crop, at the
 * right and below, gets the mean colour and IGNORE_INDEX. Only the window's pixels are computed. A rotated window turns about its
 * centre: its corners show what lies around it in the photo.
 */
export function augment(photo: LabelledImage, into: Example, options: AugmentOptions): void {
  const { preprocessing, random, distortions = random } = options
  const crop = drawCrop(photo, options)
  const angle = drawAngle(options.rotation, distortions)
  const drawn = drawDistortion(options, distortions)
  checkAugmentation(options, preprocessing)
  pad(into, preprocessing)
  if (angle !== 0) rotatedCrop(photo, into, { crop, angle, drawn })
  else {
    writeCrop(photo, crop, into)
    distort(into.image, { width: crop.columns.size, height: crop.rows.size, pitch: crop.pitch }, drawn)
  }
}

/** Changes the colours of a whole example at random. */
export function distortAll(
  image: Uint8Array,
  { cropSize, ...distortion }: Distortion & { cropSize: number },
  random: () => number,
): void {
  distort(image, { width: cropSize, height: cropSize, pitch: cropSize }, drawDistortion(distortion, random))
}
