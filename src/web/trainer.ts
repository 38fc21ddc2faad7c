// Fine-tuning in a page or a worker: batches from this thread, checkpoints as files in memory.

import type { Dataset } from '../data/dataset.ts'
import { readLabelledImage } from '../data/labelled_image.ts'
import { withoutLabels } from '../data/without_labels.ts'
import { type FileLike, filesInMemory } from '../library/found_weights.ts'
import { modelFiles } from '../library/model_files.ts'
import type { OpenOptions } from '../library/open_options.ts'
import {
  type ResumeOptions,
  TrainerBase,
  type TrainerOptions,
  type TrainingPlatform,
} from '../library/trainer_base.ts'
import type { Recipe } from '../train/recipe_options.ts'
import { checkDataset } from './check_dataset.ts'
import { DeepLab } from './deeplab.ts'
import { openTuning } from './tuning.ts'

const WEB: TrainingPlatform = {
  openTuning,
  checkDataset,
  withoutLabels,
  async *loadBatches(dataset, sampler, options) {
    const { makeBatch, makeBatches } = await import('../library/training_loop.ts')
    return yield* makeBatches(
      (indices, settings) =>
        makeBatch(
          indices.map(index => () => readLabelledImage(dataset, index)),
          { ...settings, first: 0 },
          () => import('../train/augment.ts'),
        ),
      sampler,
      { ...options, ahead: AHEAD, classes: dataset.classNames.length },
    )
  },
}

/** While the GPU works on one batch, the next is made. */
const AHEAD = 2

/** The name of a checkpoint in messages. */
const NAME = 'the checkpoint'

/**
 * Trains a model on a dataset: `for await (const { step, loss } of trainer) …`. Each iteration is a step. `break` stops it, and
 * another loop continues from there. After a loop the model has the weights learned so far, also if it ended by `break`, by the
 * signal or by a BadImageError. This error means that an image cannot be read or has labels that are not classes, and that the
 * recipe does not skip it.
 *
 * A loop throws a UserError if the GPU is too small or if the loss is not a number or grows without end (naming the step and the last checkpoint), and
 * DeviceLostError if the GPU is lost. The model and the trainer then have the state of the last `updateModel` or `checkpointFiles`, and
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
    super({ model, dataset, recipe: options, options: trainerOptions }, WEB)
  }

  /**
   * Resumes from the files of a checkpoint that `checkpointFiles` gave or that `save` wrote in Node, on the same images. On the
   * same GPU and driver the results are identical, bit for bit, to those of an uninterrupted run. The model is a new one, which
   * the caller must dispose of. The recipe is the checkpoint's, except the activation budget and the treatment of bad images in
   * `options`. Throws a UserError if a file is missing or damaged, or if the dataset is another one.
   */
  static async resume(
    files: Iterable<FileLike>,
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
    const list = [...files]
    const model = await DeepLab.load(list, open)
    try {
      const { decodeProgress, PROGRESS_FILES } = await import('../train/checkpoint.ts')
      const { resumed } = await import('../library/resumed.ts')
      const { state, tensors } = await filesInMemory(list, PROGRESS_FILES)
      const texts = { state: new TextDecoder().decode(state), tensors }
      const progress = decodeProgress(model.config, texts, NAME)
      const changed = { activationBudget, badImages, unlabelled, signal, onProgress, onWarning }
      const { recipe, options } = resumed({ model, progress, source: NAME }, dataset, changed)
      const trainer = new Trainer(model, dataset, recipe, options)
      trainer.goOnFrom(NAME, progress)
      return trainer
    } catch (error) {
      await model.dispose()
      throw error
    }
  }

  /**
   * The contents of a checkpoint's files, by name: those of the model, which DeepLab.load reads, and the state for `resume`. For
   * use within the loop or after it. Throws a UserError before the first step.
   */
  checkpointFiles(): Promise<Map<string, string | Uint8Array>> {
    return this.saveAs(NAME, async progress => {
      const { encodeProgress, PROGRESS_FILES } = await import('../train/checkpoint.ts')
      const { tensors, state } = encodeProgress(this.model.config, progress)
      return modelFiles(this.model.state, { resumable: true })
        .set(PROGRESS_FILES.tensors, tensors)
        .set(PROGRESS_FILES.state, state)
    })
  }
}
