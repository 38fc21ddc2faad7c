// Fine-tuning, step by step: batches, the schedule of the recipe, and updates to the model's weights.

import type { CheckOptions, DatasetReport } from '../data/check.ts'
import { checkClassNames } from '../data/class_names.ts'
import type { Dataset, Photos } from '../data/dataset.ts'
import { checkDatasetFields } from '../data/labelled_image.ts'
import { BadImageError, DivergedError, UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import { CALLBACK, checkOptions, type DeclaredOptions, SIGNAL } from '../options.ts'
import type { Progress } from '../train/checkpoint.ts'
import { type ClassBalance, checkClassBalance, classBalance, needsLabels } from '../train/class_balance.ts'
import type { TrainingBatch } from '../train/micro_batches.ts'
import { recipeFor, recipeWarnings } from '../train/recipe.ts'
import type { Recipe } from '../train/recipe_options.ts'
import { learningRateOf } from '../train/schedule.ts'
import type { LearnedState, TrainingRun } from '../train/training_run.ts'
import type { DeepLabBase } from './deeplab_base.ts'
import type { LoadBatches } from './training_batches.ts'
import type { Tuning } from './tuning.ts'

export interface TrainingStep {
  /** Counted from 1 over the whole recipe. */
  step: number
  /** The loss of the batch before the step's update. */
  loss: number
  /** Of the unlabelled photos alone, before its weight: the mean over all their pixels, of which unsure ones count 0. */
  unlabelledLoss?: number
  /** The share of the pixels of the unlabelled photos of which the network was sure. */
  confident?: number
  learningRate: number
  /** The speed of this step. It includes the wait for the batch, but not the body of the caller's loop. */
  imagesPerSecond: number
}

/** Options that may change when a run is resumed: they do not affect the results of a run whose images are all good. */
export type ResumeOptions = Pick<Partial<Recipe>, 'activationBudget' | 'badImages'>

export interface TrainerOptions {
  /**
   * The report of `checkDataset`, if available. Without it, a recipe that needs the labels reads them all before the first step.
   * If the recipe skips bad images, images with problems in the report are not drawn.
   */
  report?: DatasetReport
  /**
   * Photos without labels, or a dataset whose labels are not read. Each step takes as many as labelled ones: what the network is sure of
   * in a plain view of them becomes the labels of a strongly changed one, as in FixMatch and UniMatch (Yang et al. 2023).
   */
  unlabelled?: Photos
  /**
   * Ends a loop: it throws the signal's reason, and the model has the weights learned so far. The current step is done whole or
   * not at all: see `TrainingRun.step`.
   */
  signal?: AbortSignal
  /** Called after each step. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Called with a line for each image that is skipped. Default: `console.warn`. */
  onWarning?: (message: string) => void
}

const TRAINER_OPTIONS: DeclaredOptions<TrainerOptions> = {
  report: true,
  unlabelled: true,
  signal: SIGNAL,
  onProgress: CALLBACK,
  onWarning: CALLBACK,
}

/** The work of a platform for training. */
export interface TrainingPlatform {
  openTuning(gpu: Gpu): Promise<Tuning>
  checkDataset(dataset: Dataset, options: CheckOptions): Promise<DatasetReport>
  /** As `withoutLabels`: a dataset whose reading is as quick as that of labelled photos. */
  withoutLabels(photos: Photos, classNames: readonly string[]): Dataset
  loadBatches: LoadBatches
}

/** @internal The parts of a trainer. */
export interface TrainerParts<Model> {
  model: Model
  dataset: Dataset
  recipe: Partial<Recipe>
  options: TrainerOptions
}

/** The base of `Trainer` on either platform. */
export abstract class TrainerBase<Model extends DeepLabBase<never, unknown>>
  implements AsyncIterable<TrainingStep>
{
  readonly model: Model
  readonly recipe: Recipe
  readonly dataset: Dataset
  readonly #platform: TrainingPlatform
  readonly #options: TrainerOptions
  /** The photos without labels, as a dataset. */
  readonly #unlabelled: Dataset | undefined
  #balance: ClassBalance | undefined
  #run: TrainingRun | undefined
  #step = 0
  /** The state that belongs to the model's present weights, which are the averages where there are such. */
  #kept: { step: number; learned?: LearnedState } = { step: 0 }
  /** From the first loop on, or from the checkpoint. */
  #tuned: Tuned | undefined
  /** The last two, and the steps after which they were written. */
  #checkpoints: { name: string; step: number }[] = []

  /** @internal For the constructors of either platform. */
  constructor(
    { model, dataset, recipe, options: trainerOptions }: TrainerParts<Model>,
    platform: TrainingPlatform,
  ) {
    checkOptions(trainerOptions, TRAINER_OPTIONS)
    checkDatasetFields(dataset)
    checkClassNames(dataset.classNames, dataset.name)
    const useless = trainerOptions.report?.problems.find(({ index }) => index === undefined)
    if (useless) throw new UserError(useless.message)
    this.#platform = platform
    this.model = model
    this.recipe = recipeFor(model.config, recipe)
    checkClassBalance(this.recipe, dataset.classNames)
    this.dataset = dataset
    this.#options = trainerOptions
    const { unlabelled } = trainerOptions
    this.#unlabelled = unlabelled && platform.withoutLabels(unlabelled, dataset.classNames)
    if (this.#unlabelled) checkDatasetFields(this.#unlabelled)
  }

  /** @internal Goes on from a checkpoint of this name, whose model the trainer has. */
  protected goOnFrom(checkpoint: string, { step, balance, tuned, ...progress }: Progress): void {
    this.#step = step
    this.#balance = balance
    this.#kept = { step, learned: learnedState(this.model.state.parameters, progress) }
    this.#tuned = tuned
    this.#checkpoints = [{ name: checkpoint, step }]
  }

  /** The number of steps done. */
  get step(): number {
    return this.#step
  }

  /** Settings in the recipe that are allowed but seldom useful with this model, one line each. */
  get warnings(): string[] {
    // In a run that goes on, frozen batch norm may have learned its shifts since.
    return recipeWarnings(this.recipe, this.#step === 0 ? this.model.state.parameters : undefined)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingStep, void, void> {
    if (this.#run) throw new Error('Trainer: another loop is still under way')
    const { signal } = this.#options
    signal?.throwIfAborted()
    await this.model.stopTuning()
    if (this.#kept.learned === undefined) await this.#fitModel()
    const training = await import('./training_loop.ts') // a page need not load it before it trains
    training.checkAugmentation(this.recipe, this.model.state.preprocessing)
    this.#balance ??= classBalance(this.recipe, this.dataset.classNames, await this.#report())
    const { gpu, state } = this.model
    const { parameters, ...learned }: Partial<LearnedState> = this.#kept.learned ?? {}
    // The model has the averages.
    const network = learned.averages && parameters ? { ...state, parameters } : state
    const options = { ...this.recipe, ...this.#balance }
    this.#tuned ??= training.tunedForTraining(state, options, (await this.#platform.openTuning(gpu)).variants)
    const { learningRate, unlabelledWeight, confidence } = this.recipe
    const unlabelled = this.#unlabelled && { weight: unlabelledWeight, confidence }
    const start = { step: this.#step, ...learned, tuned: this.#tuned, learningRate, unlabelled }
    this.#run = await training.TrainingRun.create(gpu, network, { ...options, ...start })
    let failed = false
    try {
      const batches = training.trainingBatches(this.#platform.loadBatches, ...this.#batches(this.#balance))
      yield* this.#steps(this.#run, batches)
    } catch (error) {
      failed = !(error instanceof BadImageError || this.#isAbort(error))
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

  /**
   * Copies the current weights to the model, for use within the loop: to segment, evaluate or save. With an `averageDecay` these are
   * the averages.
   */
  async updateModel(): Promise<void> {
    if (!this.#run || this.#kept.step === this.#step) return
    const learned = await this.#explained(this.#run.state(), this.#step)
    await this.model.setParameters(learned.averages ?? learned.parameters)
    this.#kept = { step: this.#step, learned }
  }

  /**
   * @internal Has `write` write a checkpoint of this name, after which errors name it as the last good one. Throws a UserError before the
   * first step.
   */
  protected async saveAs<T>(name: string, write: (progress: Progress) => Promise<T>): Promise<T> {
    await this.updateModel()
    const { step, learned } = this.#kept
    if (!learned || !this.#balance || !this.#tuned)
      throw new UserError(`${name}: nothing to save before the first step`)
    const kept = { recipe: this.recipe, balance: this.#balance, tuned: this.#tuned }
    const { velocities, squares, averages, parameters } = learned
    const state = { velocities, squares, newest: averages && parameters }
    const sizes = { images: this.dataset.size, unlabelled: this.#unlabelled?.size }
    const progress = { step, ...state, ...sizes, ...kept }
    const written = await this.#explained(write(progress))
    const others = this.#checkpoints.filter(each => each.name !== name)
    this.#checkpoints = [...others.slice(-1), { name, step }]
    return written
  }

  async *#steps(
    run: TrainingRun,
    batches: AsyncIterable<TrainingBatch>,
  ): AsyncGenerator<TrainingStep, void, void> {
    const { steps, batchSize } = this.recipe
    const { signal, onProgress } = this.#options
    let start = performance.now()
    if (this.#step >= steps) return
    for await (const batch of batches) {
      const learningRate = learningRateOf(this.#step, this.recipe)
      const loss = await this.#explained(run.step(batch, learningRate, signal), this.#step + 1)
      const images = this.#unlabelled ? 2 * batchSize : batchSize
      const imagesPerSecond = (images * 1000) / (performance.now() - start)
      const part = run.unlabelledPart
      const found = part && { unlabelledLoss: part.loss, confident: part.confident }
      this.#step++
      onProgress?.({ done: this.#step, total: steps })
      yield { step: this.#step, loss, ...found, learningRate, imagesPerSecond }
      if (this.#step === steps) return
      signal?.throwIfAborted()
      start = performance.now()
    }
  }

  /** What the batches are made of. */
  #batches({ indices }: ClassBalance) {
    const { onWarning = message => console.warn(`warning: ${message}`) } = this.#options
    const sources = { dataset: this.dataset, indices, unlabelled: this.#unlabelled }
    const { preprocessing } = this.model.state
    const options = { recipe: this.recipe, preprocessing, start: this.#step, onWarning }
    return [sources, options] as const
  }

  async #report(): Promise<DatasetReport | undefined> {
    const { report, signal } = this.#options
    if (report || !needsLabels(this.recipe)) return report
    return this.#platform.checkDataset(this.dataset, { photos: false, signal })
  }

  /** Sets the model's size and heads as the recipe and the dataset require. */
  async #fitModel(): Promise<void> {
    const { size, seed, auxiliaryLoss } = this.recipe
    if (size !== undefined) await this.model.setSize(size)
    await this.model.setClasses(this.dataset.classNames, { seed })
    if (auxiliaryLoss > 0) await this.model.addAuxiliaryHead({ seed })
  }

  #isAbort(error: unknown): boolean {
    const { signal } = this.#options
    return signal?.aborted === true && error === signal.reason
  }

  /** Adds the step at which a run failed, if known, and the last good checkpoint to an error. */
  async #explained<T>(work: Promise<T>, step?: number): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof UserError) || this.#isAbort(error)) throw error
      const good = this.#lastGood(error)
      const checkpoint = good ? `; the last good checkpoint is ${good.name}` : ''
      throw new UserError(`${step === undefined ? '' : `step ${step}: `}${error.message}${checkpoint}`)
    }
  }

  /** The loss of a step is that of the weights before it. So a checkpoint of these weights is not good if the loss is not. */
  #lastGood(error: UserError) {
    const isGood = ({ step }: { step: number }) => !(error instanceof DivergedError) || step < this.#step
    return this.#checkpoints.filter(isGood).at(-1)
  }
}

/** The state in a checkpoint whose model has these parameters. */
function learnedState(
  model: Map<string, Float32Array>,
  { velocities, squares, newest }: Pick<Progress, 'velocities' | 'squares' | 'newest'>,
): LearnedState {
  return newest
    ? { parameters: new Map([...model, ...newest]), averages: model, velocities, squares }
    : { parameters: model, velocities, squares }
}
