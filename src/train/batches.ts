// Batches for training in the sampler's order, made ahead of the GPU.

import { BadImageError } from '../errors.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { BadSources, Batch, BatchSettings } from './batch.ts'
import type { Distortion } from './distortion.ts'
import { type Augmentation, PAPER_AUGMENTATION } from './random_crop.ts'
import type { Recipe } from './recipe_options.ts'
import type { Sampler } from './sampler.ts'

/** Makes a batch of the images at these indices of a dataset. */
export type BatchMaker = (indices: readonly number[], settings: BatchSettings) => Promise<Batch | BadSources>

export interface BatchesOptions {
  batchSize: number
  /** The number of the dataset's classes. */
  classes: number
  /** Seed of the random crops. The same seed gives the same batches, whatever `ahead` is. */
  seed: number
  /** The network's preprocessing: the size to which a photo is scaled, and the mean colour that fills the area outside of it. */
  preprocessing: Preprocessing
  /** Default: the paper's augmentation. */
  augmentation?: Augmentation
  /** As in BatchSettings. */
  strong?: Distortion
  offset?: number
  /** The first batch to make, counted from 0; larger to resume a run. Default 0. */
  start?: number
  /** The behaviour where an image cannot be read: see Recipe. Default: stop. */
  badImages?: Recipe['badImages']
  /** Called once for each image that is skipped. */
  onWarning?: (message: string) => void
  /** How many batches are being made at a time, beside the one in use. */
  ahead: number
}

/**
 * Yields batches in the sampler's order, without end.
 *
 * A bad image cannot be read or has labels that are not classes. It is thrown as a BadImageError when its batch is due. If bad
 * images are skipped, the next good image in the sampler's order takes its place, so batches stay full. They depend only on the
 * seed, the step and which images are bad: a resumed run gets the same batches as an uninterrupted one.
 */
export async function* makeBatches(
  make: BatchMaker,
  sampler: Sampler,
  options: BatchesOptions,
): AsyncGenerator<Batch, never, void> {
  const { start = 0, ahead } = options
  const nextBatch = skipping(make, sampler, options)
  const queue: Promise<Batch>[] = []
  for (let step = start; ; step++) {
    while (queue.length < ahead) {
      const batch = nextBatch(step + queue.length)
      batch.catch(() => {}) // thrown when the batch is due
      queue.push(batch)
    }
    yield await queue.shift()!
  }
}

/** Makes the batch of a step, several times if necessary, until it has no bad images. */
function skipping(
  make: BatchMaker,
  sampler: Sampler,
  { classes, batchSize, badImages = 'stop', onWarning, ...options }: BatchesOptions,
): (step: number) => Promise<Batch> {
  const { seed, preprocessing, augmentation = PAPER_AUGMENTATION, strong, offset } = options
  const known = new Set<number>()
  const settings = { seed, preprocessing, augmentation, classes, strong, offset }
  return async step => {
    for (;;) {
      const indices = Array.from({ length: batchSize }, (_, i) => draw(sampler, step * batchSize + i, known))
      const made = await make(indices, { ...settings, step })
      if (!('bad' in made)) return made
      if (badImages === 'stop') throw new BadImageError(made.bad[0].message)
      for (const { slot, message } of made.bad) {
        if (!known.has(indices[slot])) onWarning?.(`${message}; training goes on without this image`)
        known.add(indices[slot])
      }
    }
  }
}

/** The first image at or after a position that is not bad. */
function draw(sampler: Sampler, position: number, bad: ReadonlySet<number>): number {
  // Any two epochs' length of positions contains a whole epoch.
  for (let i = 0; i < 2 * sampler.length; i++) {
    const index = sampler.at(position + i)
    if (!bad.has(index)) return index
  }
  throw new BadImageError('none of the images can be read')
}
