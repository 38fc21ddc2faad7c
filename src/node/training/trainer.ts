// Fine-tuning, step by step: batches from worker threads, the paper's schedule, and a model that has what it learned.

import type { DatasetReport } from '../../data/check.ts'
import { checkClassNames } from '../../data/class_names.ts'
import type { Dataset } from '../../data/dataset.ts'
import { checkDatasetFields } from '../../data/labelled_image.ts'
import { BadImageError, UserError } from '../../errors.ts'
import { checkCallback, checkOptionNames, checkSignal, type OptionNames } from '../../options.ts'
import type { Progress } from '../../train/checkpoint.ts'
import { type ClassBalance, checkClassBalance, classBalance, needsLabels } from '../../train/class_balance.ts'
import { type Recipe, recipeFor, recipeWarnings } from '../../train/recipe.ts'
import { Sampler } from '../../train/sampler.ts'
import { polyLearningRate } from '../../train/schedule.ts'
import { TrainingRun } from '../../train/training_run.ts'
import { checkDataset } from '../datasets/check.ts'
import type { DeepLab, OpenOptions } from '../deeplab.ts'
import { loadBatches } from './loader.ts'
import { readTrainingCheckpoint, writeTrainingCheckpoint } from './trainer_checkpoint.ts'

export interface TrainingStep {
  /** Counted from 1, through all of the recipe's steps. */
  step: number
  /** Of the batch before the step's update. */
  loss: number
  learningRate: number
  /** Of this step: with the wait for its batch, without what the loop over the steps does. */
  imagesPerSecond: number
}

/** What may be another when a run is resumed: it changes no result of a run whose images are all good. */
export type ResumeOptions = Pick<Partial<Recipe>, 'activationBudget' | 'badImages'>

export interface TrainerOptions {
  /**
   * What `checkDataset` found, where that is known. Without it a recipe that needs the labels reads them all before the first
   * step. Where the recipe skips bad images, those that it has problems with are not drawn.
   */
  report?: DatasetReport
  /** Ends a loop after the step in work: it throws the signal's reason, and the model has what was learned. */
  signal?: AbortSignal
  /** Called after each step. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Called with a line for each image that is skipped. Default: `console.warn`. */
  onWarning?: (message: string) => void
}

const TRAINER_OPTIONS: OptionNames<TrainerOptions> = {
  report: true,
  signal: true,
  onProgress: true,
  onWarning: true,
}

/**
 * Trains a model on a dataset: `for await (const { step, loss } of trainer) …`. Each turn of the loop is a step; `break` stops
 * it, and another loop goes on from there. After a loop the model has what was learned, be it ended by `break`, by the signal or
 * by a BadImageError: an image that cannot be read, or has labels that are no classes, where the recipe does not skip it.
 *
 * A loop throws a UserError where the GPU is too small or the loss is no number (naming step and last checkpoint), and
 * DeviceLostError where the GPU goes away. Model and trainer then are as of the last `updateModel` or `save`, and a loop goes on
 * from there.
 */
export class Trainer implements AsyncIterable<TrainingStep> {
  readonly model: DeepLab
  readonly recipe: Recipe
  readonly dataset: Dataset
  readonly #options: TrainerOptions
  #balance: ClassBalance | undefined
  #run: TrainingRun | undefined
  #step = 0
  /** As of the weights that the model has. */
  #kept: Pick<Progress, 'step'> & { velocities?: Progress['velocities'] } = { step: 0 }
  #checkpoint: string | undefined

  /**
   * `options` are the recipe's, by default the paper's. A model of other classes than the dataset's gets a new classifier when
   * the loop begins. Throws a UserError for options that make no sense, or a dataset that a report says is of no use.
   */
  constructor(
    model: DeepLab,
    dataset: Dataset,
    options: Partial<Recipe> = {},
    trainerOptions: TrainerOptions = {},
  ) {
    checkOptionNames(trainerOptions, TRAINER_OPTIONS)
    checkCallback('onProgress', trainerOptions.onProgress)
    checkCallback('onWarning', trainerOptions.onWarning)
    checkDatasetFields(dataset)
    checkClassNames(dataset.classNames, dataset.name)
    const useless = trainerOptions.report?.problems.find(({ index }) => index === undefined)
    if (useless) throw new UserError(useless.message)
    this.model = model
    this.recipe = recipeFor(model.config, options)
    checkClassBalance(this.recipe, dataset.classNames)
    this.dataset = dataset
    this.#options = trainerOptions
  }

  /**
   * Goes on from a checkpoint that `save` wrote, on the same images: bit for bit as if training had never stopped, on the same
   * GPU and driver. The model is a new one, for the caller to dispose of. All of the recipe is the checkpoint's, but for an
   * activation budget and what bad images do, in `options`. Throws a UserError where the checkpoint is damaged, or the dataset
   * another.
   */
  static async resume(
    folder: string,
    dataset: Dataset,
    {
      activationBudget,
      badImages,
      signal,
      onProgress,
      onWarning,
      ...options
    }: OpenOptions & Omit<TrainerOptions, 'report'> & ResumeOptions = {},
  ): Promise<Trainer> {
    const { model, progress } = await readTrainingCheckpoint(folder, options)
    try {
      const { step, recipe, balance, images, velocities } = progress
      const names = [model.classNames, dataset.classNames].map(String)
      if (images !== dataset.size || names[0] !== names[1])
        throw new UserError(
          `${folder}: trained on ${images} images of ${model.classNames.length} classes; ${dataset.name} is another dataset`,
        )
      const changed = {
        activationBudget: activationBudget ?? recipe.activationBudget,
        badImages: badImages ?? recipe.badImages,
      }
      const trainerOptions = { signal, onProgress, onWarning }
      const trainer = new Trainer(model, dataset, { ...recipe, ...changed }, trainerOptions)
      trainer.#step = step
      trainer.#balance = balance
      trainer.#kept = { step, velocities }
      trainer.#checkpoint = folder
      return trainer
    } catch (error) {
      await model.dispose()
      throw error
    }
  }

  /** Steps done. */
  get step(): number {
    return this.#step
  }

  /** What is allowed but seldom wise in the recipe, a line each. */
  get warnings(): string[] {
    return recipeWarnings(this.recipe)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingStep, void, void> {
    if (this.#run) throw new Error('Trainer: another loop is still under way')
    const { signal } = this.#options
    checkSignal(signal)
    await this.model.stopTuning()
    if (this.#kept.velocities === undefined) await this.#fitModel()
    this.#balance ??= classBalance(this.recipe, this.dataset.classNames, await this.#report())
    const { gpu, state } = this.model
    const { velocities } = this.#kept
    const start = { step: this.#step, velocities }
    this.#run = await TrainingRun.create(gpu, state, { ...this.recipe, ...this.#balance, ...start })
    let failed = false
    try {
      yield* this.#steps(this.#run, this.#balance)
    } catch (error) {
      failed = !(error instanceof BadImageError || (signal?.aborted && error === signal.reason))
      if (failed) this.#step = this.#kept.step
      throw error
    } finally {
      try {
        if (!failed) await this.updateModel()
      } finally {
        const run = this.#run
        this.#run = undefined
        await run.destroy()
      }
    }
  }

  /** Gives the model the weights as they are now, for use within the loop: to segment, evaluate or save. */
  async updateModel(): Promise<void> {
    if (!this.#run || this.#kept.step === this.#step) return
    const { parameters, velocities } = await this.#explained(this.#run.state(), this.#step)
    await this.model.setParameters(parameters)
    this.#kept = { step: this.#step, velocities }
  }

  /**
   * Writes a checkpoint, whole or not at all: the model, which DeepLab.load reads, and what `resume` needs. For use within the
   * loop or after it. Throws a UserError where the disk refuses.
   */
  async save(folder: string): Promise<void> {
    await this.updateModel()
    const { step, velocities } = this.#kept
    if (!velocities || !this.#balance) throw new UserError(`${folder}: nothing to save before the first step`)
    const { recipe } = this
    const progress = { step, recipe, balance: this.#balance, images: this.dataset.size, velocities }
    await this.#explained(writeTrainingCheckpoint(folder, this.model, progress))
    this.#checkpoint = folder
  }

  async *#steps(run: TrainingRun, balance: ClassBalance): AsyncGenerator<TrainingStep, void, void> {
    const { steps, learningRate: base, batchSize } = this.recipe
    const { signal, onProgress } = this.#options
    let start = performance.now()
    if (this.#step >= steps) return
    for await (const batch of this.#batches(balance)) {
      const learningRate = polyLearningRate(base, this.#step, steps)
      const loss = await this.#explained(run.step(batch, learningRate), this.#step + 1)
      const imagesPerSecond = (batchSize * 1000) / (performance.now() - start)
      this.#step++
      onProgress?.({ done: this.#step, total: steps })
      yield { step: this.#step, loss, learningRate, imagesPerSecond }
      if (this.#step === steps) return
      signal?.throwIfAborted()
      start = performance.now()
    }
  }

  #batches({ indices }: ClassBalance) {
    const { batchSize, cropSize, scales, flip, seed, badImages } = this.recipe
    const { onWarning = message => console.warn(`warning: ${message}`) } = this.#options
    const all = () => Array.from({ length: this.dataset.size }, (_, index) => index)
    const sampler = new Sampler(indices ?? all(), seed)
    return loadBatches(this.dataset, sampler, {
      batchSize,
      seed,
      preprocessing: this.model.state.preprocessing,
      augmentation: { cropSize, scales, flip },
      start: this.#step,
      badImages,
      onWarning,
    })
  }

  async #report(): Promise<DatasetReport | undefined> {
    const { report, signal } = this.#options
    if (report || !needsLabels(this.recipe)) return report
    return checkDataset(this.dataset, { photos: false, signal })
  }

  /** Gives the model the size and the heads that recipe and dataset ask for. */
  async #fitModel(): Promise<void> {
    const { size, seed, auxiliaryLoss } = this.recipe
    if (size !== undefined) await this.model.setSize(size)
    await this.model.setClasses(this.dataset.classNames, { seed })
    if (auxiliaryLoss > 0) await this.model.addAuxiliaryHead({ seed })
  }

  /** Says at which step a run went wrong, if that is to blame, and where it was last right. */
  async #explained<T>(work: Promise<T>, step?: number): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const checkpoint = this.#checkpoint ? `; the last good checkpoint is ${this.#checkpoint}` : ''
      throw new UserError(`${step === undefined ? '' : `step ${step}: `}${error.message}${checkpoint}`)
    }
  }
}
