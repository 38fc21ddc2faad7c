// `atrous train`: a network learns the classes of a dataset.

import { Command, Option } from 'commander'
import { BadImageError, UserError } from '../errors.ts'
import { DeviceLostError } from '../gpu/errors.ts'
import { preset } from '../model/presets.ts'
import type { FileDataset } from '../node/datasets/file_dataset.ts'
import { DeepLab } from '../node/deeplab.ts'
import { Trainer, type TrainingStep } from '../node/trainer.ts'
import { evaluate } from '../train/evaluate.ts'
import { type CheckedDataset, type DatasetOptions, openChecked, soundImages } from './dataset.ts'
import { percentText, secondsText } from './format.ts'
import { untilInterrupted } from './interrupt.ts'
import { DEFAULT_MODEL, loadModel } from './model.ts'
import { positiveInteger } from './options.ts'
import { checkWritable } from './output.ts'
import { checkResume, TrainingFolder } from './train_folder.ts'
import { addRecipeOptions, checkSameRecipe, type RecipeOptions, recipeOf } from './train_options.ts'
import { RunSamples } from './train_pictures.ts'
import { type TrainingProgress, trainingProgress } from './train_progress.ts'

const NOTES = `
What it writes to the folder --out:
  model.safetensors, config.json   the trained model: atrous segment --model DIR
  checkpoints/step-N/              the last two, for --resume
  best/                            the model of the best validation
  samples.png                      a few photos, the truth and what the model
                                   saw in them at the last validation
  curves.svg                       loss, mean IoU and learning rate to look at
  metrics.jsonl                    a line for each step and each validation

best/ and samples.png come with --validate-every. Where stderr is no terminal,
a line every 30 seconds and at each validation shows how far it is.

A model of other classes than the dataset's gets a new classifier and keeps all
other weights. Defaults are those of the DeepLabv3 paper, for a large GPU.
Ctrl-C writes a checkpoint, then ends; --resume goes on from the last one, bit
for bit as if it had never stopped.

Examples:
  atrous train --dataset folder:mine --out run --steps 2000 --batch-size 4
               --crop-size 257 --learning-rate 0.003 --freeze-batch-norm
               --validate-every 200              few images, or a small GPU
  atrous train --dataset folder:mine --out run --resume
  atrous train --dataset voc:VOC2012 --split trainaug --out stage1
               --model deeplabv3_resnet50        the paper's first stage
  atrous train --dataset voc:VOC2012 --out stage2 --model stage1
               --freeze-batch-norm --output-stride 8 --learning-rate 0.001
                                                 and its second`

interface Options extends DatasetOptions, RecipeOptions {
  model: string
  network?: string
  out: string
  stopAfter?: number
  saveEvery: number
  validateEvery?: number
  validateOn: string
  resume?: true
  json?: true
}

export function trainCommand(): Command {
  const command = new Command('train')
    .summary("teach a model a dataset's classes")
    .description('Trains a model on labelled photos, by the recipe of the DeepLabv3 paper.')
    .requiredOption('-d, --dataset <dataset>', 'kind and folder, such as voc:VOC2012')
    .option('--split <name>', 'which part of it', 'train')
    .option(
      '-m, --model <model>',
      'to start from: a name of `atrous weights list`, a checkpoint, its folder or its URL',
      DEFAULT_MODEL,
    )
    .addOption(
      new Option('--network <preset>', "start from this network's untrained weights instead").conflicts(
        'model',
      ),
    )
    .requiredOption('-o, --out <folder>', 'where checkpoints, model and metrics go')
  return addRecipeOptions(command)
    .option('--resume', "go on from the folder's last checkpoint, by its recipe")
    .option('--stop-after <n>', 'end after this step, with a checkpoint', positiveInteger)
    .option('--save-every <n>', 'steps between checkpoints', positiveInteger, 500)
    .option('--validate-every <n>', 'steps between scores on other images (default: never)', positiveInteger)
    .option('--validate-on <split>', 'which images those are', 'val')
    .option('--skip-bad', 'leave out images that have problems, then or later, instead of stopping')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
    .action(run)
}

async function run(options: Options): Promise<void> {
  await checkWritable(options.out)
  const folder = new TrainingFolder(options.out)
  await checkResume(folder, options.resume ?? false)
  const checked = await openChecked(options)
  const { dataset } = checked
  const validation = options.validateEvery ? await openValidation(options) : undefined
  let trainer = await openTrainer(options, checked, folder)
  try {
    for (const warning of trainer.warnings) console.error(`warning: ${warning}`)
    const start = performance.now()
    let last: TrainingStep | undefined
    for (let ended = false; !ended; ) {
      const from = trainer.step
      await folder.rewind(from)
      try {
        last = await train(trainer, folder, { ...options, validation })
        ended = true
      } catch (error) {
        trainer = await recover(error, { trainer, from, folder, dataset })
      }
    }
    await trainer.model.save(options.out)
    const { step, recipe } = trainer
    const milliseconds = Math.round(performance.now() - start)
    const found = { step, steps: recipe.steps, loss: last?.loss, best: folder.best, milliseconds }
    console.log(options.json ? JSON.stringify(found) : text(found, options.out))
  } finally {
    await trainer.model.dispose()
  }
}

async function openValidation({ dataset, validateOn, skipBad }: Options): Promise<FileDataset> {
  return soundImages(await openChecked({ dataset, split: validateOn, skipBad }))
}

async function openTrainer(
  options: Options,
  { dataset, report }: CheckedDataset,
  folder: TrainingFolder,
): Promise<Trainer> {
  const recipe = recipeOf(options)
  const { activationBudget, badImages } = recipe
  const trainer = options.resume && (await folder.resume(dataset, { activationBudget, badImages }))
  const model = trainer ? trainer.model : await openModel(options)
  try {
    if (!trainer) return new Trainer(model, dataset, recipe, { report })
    checkSameRecipe(recipe, trainer.recipe)
    return trainer
  } catch (error) {
    await model.dispose()
    throw error
  }
}

async function openModel({ network, model, seed, outputStride }: Options): Promise<DeepLab> {
  if (network === undefined) return loadModel(model, { outputStride })
  const { config, size } = preset(network)
  return DeepLab.create(config, { seed, size })
}

/**
 * A driver that was reset takes the GPU away: goes on with a new one from the last checkpoint. Throws the error where it is
 * another, or where no checkpoint was written since step `from`: then the GPU would be lost again and again.
 */
async function recover(
  error: unknown,
  lost: { trainer: Trainer; from: number; folder: TrainingFolder; dataset: FileDataset },
): Promise<Trainer> {
  const step = (await lost.folder.latest()) ?? 0
  if (!(error instanceof DeviceLostError) || step <= lost.from) throw error
  console.error(`warning: ${error.message}; going on from step ${step}`)
  await lost.trainer.model.dispose()
  return lost.folder.resume(lost.dataset)
}

type Schedule = Pick<Options, 'stopAfter' | 'saveEvery' | 'validateEvery'> & { validation?: FileDataset }

/** Trains to the end, `stopAfter` or Ctrl-C, and leaves a checkpoint of that; returns the last step, if there was one to do. */
async function train(
  trainer: Trainer,
  folder: TrainingFolder,
  { stopAfter = Infinity, saveEvery, validateEvery = Infinity, validation }: Schedule,
): Promise<TrainingStep | undefined> {
  let last: TrainingStep | undefined
  const { steps: total } = trainer.recipe
  const from = trainer.step
  const progress = trainingProgress({ total, done: from, last: folder.last })
  const interrupt = untilInterrupted()
  try {
    if (trainer.step >= stopAfter) return undefined
    for await (const step of trainer) {
      last = step
      progress.step(step)
      await folder.record(step)
      if (validation && step.step % validateEvery === 0)
        await validate(trainer, folder, { validation, progress })
      if (step.step % saveEvery === 0) await folder.save(trainer)
      if (step.step >= stopAfter || interrupt.signal.aborted) break
    }
    if (last) await folder.save(trainer)
    return last
  } catch (error) {
    if (!(error instanceof BadImageError) || trainer.step === from) throw error
    await folder.save(trainer)
    const advice = `step ${trainer.step} is saved: mend the image, or leave it out by --resume --skip-bad`
    throw new UserError(`${error.message}; ${advice}`)
  } finally {
    interrupt.release()
    progress.stop()
  }
}

async function validate(
  trainer: Trainer,
  folder: TrainingFolder,
  { validation, progress }: { validation: FileDataset; progress: TrainingProgress },
): Promise<void> {
  await trainer.updateModel()
  const { step, model, recipe } = trainer
  const samples = new RunSamples(validation)
  const { mIoU, pixelAccuracy, leftOut, onlyPredicted } = await evaluate(model, validation, {
    outputStride: recipe.outputStride,
    onImage: image => samples.add(image),
    onError: recipe.badImages === 'skip' ? ({ message }) => console.error(`warning: ${message}`) : undefined,
  })
  const classes = validation.classNames.length
  const found = { step, mIoU, pixelAccuracy, classes, leftOut, onlyPredicted }
  await folder.validated(found, trainer, await samples.draw(step))
  progress.validated(found)
}

interface Found {
  step: number
  steps: number
  loss?: number
  best?: { step: number; mIoU: number | null }
  milliseconds: number
}

function text({ step, steps, loss, best, milliseconds }: Found, out: string): string {
  const lines = [
    `step ${step} of ${steps}${loss === undefined ? '' : `, loss ${loss.toFixed(4)}`}, in ${secondsText(milliseconds)}`,
  ]
  if (best) lines.push(`best mean IoU ${percentText(best.mIoU!)}, after step ${best.step}: ${out}/best`)
  lines.push(`try it: atrous segment photo.jpg --model ${out}`)
  return lines.join('\n')
}
