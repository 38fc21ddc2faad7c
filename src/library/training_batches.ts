// The batches of a training run by its recipe: of labelled photos, and of photos without labels beside them.

import type { Dataset } from '../data/dataset.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { Batch } from '../train/batch.ts'
import type { BatchesOptions } from '../train/batches.ts'
import type { TrainingBatch } from '../train/micro_batches.ts'
import type { Recipe } from '../train/recipe_options.ts'
import { Sampler } from '../train/sampler.ts'
import { pairedBatches, STRONG_VIEW } from '../train/unlabelled_batches.ts'

/** Yields batches as `makeBatches` does. */
export type LoadBatches = (
  dataset: Dataset,
  sampler: Sampler,
  options: Omit<BatchesOptions, 'ahead' | 'classes'>,
) => AsyncGenerator<Batch, never, void>

interface BatchSources {
  dataset: Dataset
  /** The images to draw in an epoch; null: each once. */
  indices: readonly number[] | null
  unlabelled?: Dataset
}

interface TrainingBatchesOptions {
  recipe: Recipe
  preprocessing: Preprocessing
  /** The step of the first batch. */
  start: number
  onWarning: (message: string) => void
}

/** The stream of the order of unlabelled photos: labelled ones have 0. */
const UNLABELLED = 1

export function trainingBatches(
  loadBatches: LoadBatches,
  { dataset, indices, unlabelled }: BatchSources,
  { recipe, ...options }: TrainingBatchesOptions,
): AsyncGenerator<TrainingBatch, never, void> {
  const { batchSize, cropSize, scales, flip, rotation, colourJitter, grey, blur, seed, badImages } = recipe
  const all = ({ size }: Dataset) => Array.from({ length: size }, (_, index) => index)
  const shared = { ...options, batchSize, seed, badImages }
  const plain = { cropSize, scales, flip, rotation }
  const labelled = loadBatches(dataset, new Sampler(indices ?? all(dataset), seed), {
    ...shared,
    augmentation: { ...plain, colourJitter, grey, blur },
  })
  if (!unlabelled) return labelled
  const others = loadBatches(unlabelled, new Sampler(all(unlabelled), seed, UNLABELLED), {
    ...shared,
    augmentation: plain,
    strong: STRONG_VIEW,
    offset: batchSize,
  })
  return pairedBatches(labelled, others, { start: options.start, seed, cropSize, batchSize })
}
