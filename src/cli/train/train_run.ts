// A training run: from its first step or its last checkpoint until it ends or a signal stops it.

import type { Photos } from '../../data/dataset.ts'
import { BadImageError, UserError } from '../../errors.ts'
import { DeviceLostError } from '../../gpu/errors.ts'
import type { TrainingStep } from '../../library/trainer_base.ts'
import { samplesIn } from '../../model/preprocessing.ts'
import { preset } from '../../model/presets.ts'
import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { isDatasetName, openDataset } from '../../node/datasets/open.ts'
import { openPhotos } from '../../node/datasets/photos.ts'
import { DeepLab } from '../../node/deeplab.ts'
import { Trainer } from '../../node/training/trainer.ts'
import { channelStatistics } from '../../train/channel_statistics.ts'
import { evaluate } from '../../train/evaluate.ts'
import { checkDatasetChannels, openChecked, soundImages } from '../dataset.ts'
import { type Interrupt, type InterruptedError, unlessInterrupted } from '../interrupt.ts'
import { DEFAULT_MODEL, loadModel } from '../model.ts'
import type { TrainingFolder } from './train_folder.ts'
import type { Validation } from './train_metrics.ts'
import { checkSameRecipe, type RecipeOptions, recipeOf, setBackboneWeights } from './train_options.ts'
import { RunSamples } from './train_pictures.ts'
import { type TrainingProgress, trainingProgress } from './train_progress.ts'
import { type RunSettings, writeSettings } from './train_settings.ts'

interface TrainingJob {
  folder: TrainingFolder
  settings: RunSettings
  /** The name that the user gave, for messages. Default: the name in the settings. */
  dataset?: string
  recipe: RecipeOptions
  /** Whether to resume from the folder's last checkpoint. */
  resume: boolean
  /** End after this step. Default: the recipe's last. */
  stopAfter?: number
  interrupt: Interrupt
}

export interface TrainedRun {
  /** The number of steps done. */
  step: number
  /** The total number of steps; undefined if a signal came before it was known. */
  steps?: number
  /** The loss of the last step, if there was one. */
  loss?: number
  /** The loss of a network that guesses. */
  guess?: number
  /** The best validation. */
  best?: Validation
  /** Whether the run ended early, by its patience. */
  endedEarly?: true
  /** The time of the steps and validations in this process. */
  milliseconds: number
  /** The signal that ended the run early. */
  interrupted?: InterruptedError
}

/** Clears the line of an abandoned progress bar, and turns line wrapping on again. */
const WITHOUT_BAR = '\r\u001b[2K\u001b[?7h'

/**
 * Trains until the run ends or a signal arrives. After a signal it returns early, with a checkpoint of the last step. A run that
 * ends saves its model to its folder.
 */
export async function trainRun(job: TrainingJob): Promise<TrainedRun> {
  const { folder, interrupt } = job
  const opened = await unlessInterrupted(interrupt.orEnd(open(job)))
  if (!opened) {
    if (process.stderr.isTTY) process.stderr.write(WITHOUT_BAR)
    return { step: (await folder.latest()) ?? 0, milliseconds: 0, interrupted: interrupt.error }
  }
  const start = performance.now()
  let { trainer } = opened
  try {
    for (const warning of trainer.warnings) console.error(`warning: ${warning}`)
    await writeSettings(folder.path, job.settings)
    for (;;) {
      const from = trainer.step
      await folder.rewind(from)
      try {
        const last = await train(trainer, opened.validation, job)
        const interrupted = interrupt.error
        if (!interrupted) await saveModel(trainer, job)
        const { step, recipe } = trainer
        const milliseconds = Math.round(performance.now() - start)
        const { best } = folder
        const [loss, guess] = [last?.loss, Math.log(trainer.dataset.classNames.length)]
        const early = isOutOfPatience(job) && step < recipe.steps ? ({ endedEarly: true } as const) : {}
        return { step, steps: recipe.steps, loss, guess, best, ...early, milliseconds, interrupted }
      } catch (error) {
        trainer = await recover(error, { ...opened, trainer, from, folder })
      }
    }
  } finally {
    // After a signal the GPU may still be busy with abandoned work; the end of the process frees it.
    if (!interrupt.error) await trainer.model.dispose()
  }
}

const isOutOfPatience = ({ folder, settings: { patience } }: TrainingJob): boolean =>
  patience !== null && folder.sinceBest >= patience

/** The run's model: with patience that of the best validation, else the last one. */
async function saveModel(trainer: Trainer, { folder, settings }: TrainingJob): Promise<void> {
  if (settings.patience !== null && folder.best) await folder.saveBest()
  else await trainer.model.save(folder.path)
}

interface Opened {
  dataset: FileDataset
  unlabelled?: Photos
  validation?: FileDataset
  trainer: Trainer
}

async function open(job: TrainingJob): Promise<Opened> {
  const { folder, settings, recipe: options, resume, dataset: description = settings.dataset } = job
  const { split, validateEvery, validateOn, skipBad } = settings
  const channels = settings.channels ?? undefined
  const checked = await openChecked({ dataset: description, split, channels, skipBad })
  const { dataset, report } = checked
  const validation = validateEvery
    ? soundImages(await openChecked({ dataset: description, split: validateOn, channels, skipBad }))
    : undefined
  const recipe = recipeOf(options)
  const { activationBudget, badImages } = recipe
  const unlabelled = await openUnlabelled(settings)
  const changed = { activationBudget, badImages, unlabelled }
  const resumed = resume ? await folder.resume(dataset, changed) : undefined
  const model = resumed?.model ?? (await openModel(settings, options))
  try {
    if (resumed) checkSameRecipe(recipe, resumed.recipe)
    else await fitChannels(model, { channels, dataset: soundImages(checked) })
    const trainer = resumed ?? new Trainer(model, dataset, recipe, { report, unlabelled })
    return { dataset, unlabelled, validation, trainer }
  } catch (error) {
    await model.dispose()
    throw error
  }
}

/**
 * A network of photos takes the dataset's channels from here on, with the mean and std of its images. One that takes as many already keeps
 * its own, which its weights have learned with. Throws a UserError for a network of other channels.
 */
async function fitChannels(
  model: DeepLab,
  { channels, dataset }: { channels: number | undefined; dataset: FileDataset },
): Promise<void> {
  const before = samplesIn(model.state.preprocessing)
  if (channels !== undefined && before === undefined)
    await model.setInputChannels(channels, await channelStatistics(dataset))
  else checkDatasetChannels(channels, before)
}

/** The photos without labels of a run that has such. */
async function openUnlabelled({ unlabelled, unlabelledSplit }: RunSettings): Promise<Photos | undefined> {
  if (unlabelled === null) return undefined
  if (!isDatasetName(unlabelled)) return openPhotos(unlabelled)
  return openDataset(unlabelled, { split: unlabelledSplit ?? 'train' })
}

async function openModel(
  { network, model, backboneWeights }: RunSettings,
  { seed, outputStride }: RecipeOptions,
): Promise<DeepLab> {
  if (network === null) return loadModel(model ?? DEFAULT_MODEL, { outputStride })
  const { config, size } = preset(network)
  const created = await DeepLab.create(config, { seed, size })
  if (backboneWeights === null) return created
  try {
    await setBackboneWeights(created, backboneWeights)
    return created
  } catch (error) {
    await created.dispose()
    throw error
  }
}

/**
 * Recovers from a lost GPU, for example after a driver reset: resumes on a new one from the last checkpoint. Throws any other
 * error. Also throws if there is no checkpoint since step `from`: the GPU would probably be lost again and again.
 */
async function recover(
  error: unknown,
  lost: Opened & { from: number; folder: TrainingFolder },
): Promise<Trainer> {
  const step = (await lost.folder.latest()) ?? 0
  if (!(error instanceof DeviceLostError) || step <= lost.from) throw error
  console.error(`warning: ${error.message}; continuing from step ${step}`)
  await lost.trainer.model.dispose()
  return lost.folder.resume(lost.dataset, { unlabelled: lost.unlabelled })
}

/** Trains to the end, to `stopAfter` or until a signal, and saves a checkpoint there. Returns the last step, if there was one. */
async function train(
  trainer: Trainer,
  validation: FileDataset | undefined,
  job: TrainingJob,
): Promise<TrainingStep | undefined> {
  const { folder, settings, stopAfter = Infinity, interrupt } = job
  const { saveEvery, validateEvery } = settings
  const isEnd = () => trainer.step >= stopAfter || interrupt.error || isOutOfPatience(job)
  const from = trainer.step
  const progress = trainingProgress({ total: trainer.recipe.steps, done: from, last: folder.last })
  let last: TrainingStep | undefined
  let saved = from
  const isSaved = () => trainer.step === saved
  const onSignal = () => {
    progress.stop()
    if (!isSaved()) console.error('ends after this step, with a checkpoint; a second signal ends at once')
  }
  interrupt.signal.addEventListener('abort', onSignal)
  const validateAt = async (step: number) => {
    if (validation && !interrupt.error && step % validateEvery! === 0)
      await unlessInterrupted(validate({ trainer, folder, validation, progress, interrupt }))
  }
  try {
    // A signal may have interrupted the last validation.
    if (trainer.step > 0 && folder.last?.step !== trainer.step) await validateAt(trainer.step)
    if (isEnd()) return undefined
    for await (const step of interruptible(trainer, { interrupt, mayGiveUp: isSaved })) {
      last = step
      if (!interrupt.error) progress.step(step)
      await folder.record(step)
      await validateAt(step.step)
      if (step.step % saveEvery === 0) {
        await folder.save(trainer)
        saved = trainer.step
      }
      if (isEnd()) break
    }
    if (last) await folder.save(trainer)
    return last
  } catch (error) {
    if (!(error instanceof BadImageError) || trainer.step === from) throw error
    await folder.save(trainer)
    const advice = `step ${trainer.step} is saved: repair the image, or leave it out with --resume --skip-bad`
    throw new UserError(`${error.message}; ${advice}`)
  } finally {
    interrupt.signal.removeEventListener('abort', onSignal)
    progress.stop()
  }
}

/** Yields the items until a signal arrives. After a signal it does not wait for an item that may be given up. */
async function* interruptible<T>(
  items: AsyncIterable<T>,
  { interrupt, mayGiveUp }: { interrupt: Interrupt; mayGiveUp: () => boolean },
): AsyncGenerator<T, void, void> {
  const iterator = items[Symbol.asyncIterator]()
  let gaveUp = false
  try {
    for (;;) {
      const next = iterator.next()
      const found = mayGiveUp() ? await unlessInterrupted(interrupt.orEnd(next)) : await next
      gaveUp = found === undefined
      if (!found || found.done) return
      yield found.value
    }
  } finally {
    if (!gaveUp) await iterator.return?.()
  }
}

interface ValidationJob {
  trainer: Trainer
  folder: TrainingFolder
  validation: FileDataset
  progress: TrainingProgress
  interrupt: Interrupt
}

async function validate({ trainer, folder, validation, progress, interrupt }: ValidationJob): Promise<void> {
  await trainer.updateModel()
  const { step, model, recipe } = trainer
  const samples = new RunSamples(validation)
  const evaluating = evaluate(model, validation, {
    outputStride: recipe.outputStride,
    onImage: image => {
      interrupt.check()
      return samples.add(image)
    },
    onError: recipe.badImages === 'skip' ? ({ message }) => console.warn(`warning: ${message}`) : undefined,
  })
  const { mIoU, pixelAccuracy, leftOut, onlyPredicted } = await interrupt.orEnd(evaluating)
  const classes = validation.classNames.length
  const found = { step, mIoU, pixelAccuracy, classes, leftOut, onlyPredicted }
  await folder.validated(found, trainer, await samples.draw(step))
  progress.validated(found)
}
