// A batch of training examples, made of images and their labels.

import type { LabelledImage } from '../data/dataset.ts'
import { checkClassIds } from '../data/labelled_image.ts'
import { UserError } from '../errors.ts'
import { type Preprocessing, samplesIn } from '../model/preprocessing.ts'
import type { Distortion } from './distortion.ts'
import { randomSource } from './random.ts'
import { type Augmentation, isOnlyCropped, randomCrop } from './random_crop.ts'

/** The settings by which a batch, or a part of one, is made. */
export interface BatchSettings {
  /** Determines the crops, together with the seed and an image's index in the batch. */
  step: number
  seed: number
  /** The number of classes: labels are less than it, or IGNORE_INDEX. */
  classes: number
  preprocessing: Preprocessing
  augmentation: Augmentation
  /** The changes of colours that make a second view of each example. Default: there is none. */
  strong?: Distortion
  /** Added to an image's index where it determines random numbers, for batches that are not alike in one step. Default: 0. */
  offset?: number
}

/** Training examples in the form for the GPU. */
export interface Batch {
  /** RGBA, n · cropSize · cropSize · 4 bytes; or the bytes of samples, n · cropSize · cropSize · c numbers of 4 bytes. */
  images: Uint8Array
  /** Class ids, or IGNORE_INDEX for unlabelled pixels: n · cropSize · cropSize bytes. */
  labels: Uint8Array
  /** As the images, with other colours: if the settings ask for it. */
  strong?: Uint8Array
}

/** The images because of which a batch cannot be made. */
export interface BadSources {
  bad: {
    /** Its index in the batch. */
    slot: number
    message: string
  }[]
}

/**
 * Makes the examples of some images; `first` is the index of the first one in the batch. A UserError of `read` is a bad image.
 * `loadChanges` gives augment.ts, which runs need whose crops are turned or change their colours.
 */
export async function makeBatch(
  read: readonly (() => Promise<LabelledImage>)[],
  { step, first, seed, offset = 0, ...job }: BatchSettings & { first: number },
  loadChanges: () => Promise<typeof import('./augment.ts')>,
): Promise<Batch | BadSources> {
  const { classes, preprocessing, augmentation, strong: distortion } = job
  const isCrop = isOnlyCropped(augmentation) && !distortion
  const changes = isCrop ? undefined : await loadChanges()
  const writeExample = changes?.augment ?? randomCrop
  const pixels = augmentation.cropSize ** 2
  const imageBytes = pixels * 4 * (samplesIn(preprocessing) ?? 1)
  const images = new Uint8Array(read.length * imageBytes)
  const labels = new Uint8Array(read.length * pixels)
  const strong = distortion && new Uint8Array(images.length)
  const bad: BadSources['bad'] = []
  await Promise.all(
    read.map(async (readImage, i) => {
      const slot = first + i
      try {
        const photo = await readImage()
        checkClassIds(photo.mask, classes, photo.id)
        const example = {
          image: images.subarray(i * imageBytes, (i + 1) * imageBytes),
          labels: labels.subarray(i * pixels, (i + 1) * pixels),
        }
        const random = randomSource(seed, 'augment', step, offset + slot)
        const distortions = randomSource(seed, 'distort', step, offset + slot)
        writeExample(photo, example, { ...augmentation, preprocessing, random, distortions })
        if (!strong || !changes) return
        const view = strong.subarray(i * pixels * 4, (i + 1) * pixels * 4)
        view.set(example.image)
        changes.distortAll(view, { ...distortion, cropSize: augmentation.cropSize }, distortions)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        bad.push({ slot, message: error.message })
      }
    }),
  )
  return bad.length > 0 ? { bad } : { images, labels, ...(strong && { strong }) }
}
