// Fine-tuning in Node: batches from worker threads, checkpoints in folders.

import type { Dataset } from '../../data/dataset.ts'
import { withoutLabels } from '../../data/without_labels.ts'
import type { OpenOptions } from '../../library/open_options.ts'
import { resumed } from '../../library/resumed.ts'
import {
  type ResumeOptions,
  TrainerBase,
  type TrainerOptions,
  type TrainingPlatform,
} from '../../library/trainer_base.ts'
import type { Recipe } from '../../train/recipe_options.ts'
import { checkDataset } from '../datasets/check.ts'
import { FileDataset, FilePhotos, withoutFileLabels } from '../datasets/file_dataset.ts'
import type { DeepLab } from '../deeplab.ts'
import { openTuning } from '../tuning.ts'
import type { SaveOptions } from '../write_model.ts'
import { loadBatches } from './loader.ts'
import { readTrainingCheckpoint, writeTrainingCheckpoint } from './trainer_checkpoint.ts'

const NODE: TrainingPlatform = {
  openTuning,
  checkDataset,
  withoutLabels: (photos, classNames) =>
    photos instanceof FileDataset || photos instanceof FilePhotos
      ? withoutFileLabels(photos, classNames)
      : withoutLabels(photos, classNames),
  loadBatches,
}

/**
 * Trains a model on a dataset: `for await (const { step, loss } of trainer) …`. Each iteration is a step. `break` stops it, and
 * another loop continues from there. After a loop the model has the weights learned so far, also if it ended by `break`, by the
 * signal or by a BadImageError. This error means that an image cannot be read or has labels that are not classes, and that the
 * recipe does not skip it.
 *
 * A loop throws a UserError if the GPU is too small or if the loss is not a number or grows without end (naming the step and the last checkpoint), and
 * DeviceLostError if the GPU is lost. The model and the trainer then have the state of the last `updateModel` or `save`, and
 * another loop continues from there.
 */
export class Trainer extends TrainerBase<DeepLab> {
  /**
   * `options` are the recipe, by default the paper's. If the model has other classes than the dataset, it gets a new classifier
   * when the loop begins. Throws a UserError for invalid options, or if the report says that the whole dataset is unusable.
   */
  constructor(
    model: DeepLab,
    dataset: Dataset,
    options: Partial<Recipe> = {},
    trainerOptions: TrainerOptions = {},
  ) {
    super({ model, dataset, recipe: options, options: trainerOptions }, NODE)
  }

  /**
   * Resumes from a checkpoint that `save` wrote, on the same images. On the same GPU and driver the results are identical, bit
   * for bit, to those of an uninterrupted run: tuned kernels are the checkpoint's, whatever was tuned since. The model is a new
   * one, which the caller must dispose of. The recipe is the checkpoint's, except the activation budget and the treatment of bad
   * images in `options`. Throws a UserError if the checkpoint is damaged, or if the dataset is another one.
   */
  static async resume(
    folder: string,
    dataset: Dataset,
    {
      activationBudget,
      badImages,
      unlabelled,
      signal,
      onProgress,
      onWarning,
      ...open
    }: OpenOptions & Omit<TrainerOptions, 'report'> & ResumeOptions = {},
  ): Promise<Trainer> {
    const { model, progress } = await readTrainingCheckpoint(folder, open)
    try {
      const changed = { activationBudget, badImages, unlabelled, signal, onProgress, onWarning }
      const { recipe, options } = resumed({ model, progress, source: folder }, dataset, changed)
      const trainer = new Trainer(model, dataset, recipe, options)
      trainer.goOnFrom(folder, progress)
      return trainer
    } catch (error) {
      await model.dispose()
      throw error
    }
  }

  /**
   * Writes a checkpoint, whole or not at all: the model, which DeepLab.load reads, and the state for `resume`. For use within the
   * loop or after it. Throws a UserError as `DeepLab.save` does.
   */
  save(folder: string, options?: SaveOptions): Promise<void> {
    return this.saveAs(folder, progress => writeTrainingCheckpoint(folder, this.model, { progress, options }))
  }
}
