// `atrous train`: trains a network on the classes of a dataset.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { UserError } from '../../errors.ts'
import { percentText, secondsText } from '../format.ts'
import { catchSignals, type InterruptedError } from '../interrupt.ts'
import { DEFAULT_MODEL } from '../model.ts'
import { CHANNELS_TEXT, channelCount, positiveInteger } from '../options.ts'
import { checkWritable, exists, refuseExisting } from '../output.ts'
import { checkResume, TrainingFolder } from './train_folder.ts'
import { parseMetrics } from './train_metrics.ts'
import { addRecipeOptions, BACKBONE_NAMES, type RecipeOptions } from './train_options.ts'
import { type TrainedRun, trainRun } from './train_run.ts'
import {
  newSettings,
  type RunSettings,
  readSettings,
  resumedSettings,
  SETTINGS_FILE,
  type SettingsOptions,
} from './train_settings.ts'

const NOTES = `
Files in the folder --out:
  model.safetensors, config.json   the trained model, at the end of the run:
                                   atrous segment --model DIR
  checkpoints/step-N/              the last two, for --resume; each is also a
                                   model
  run.json                         the options for --resume
  best/                            the model of the best validation
  samples.png                      a few photos, their labels and the model's
                                   prediction at the last validation
  curves.svg                       charts of loss, mean IoU and learning rate
  metrics.jsonl                    a line for each step and each validation

best/ and samples.png need --validate-every. With --patience the trained model
is the one in best/, whether the run ends early or not. If stderr is not a
terminal, a line every 30 seconds and at each validation shows the progress.

If the model has other classes than the dataset, it gets a new classifier and
keeps all other weights. Defaults are those of the DeepLabv3 paper, for a large
GPU; with --recipe small-data those for few photos and a small GPU. Any option
may be given beside it.

Ctrl-C, SIGTERM and SIGHUP end the run after the current step. It saves a
checkpoint and prints how to resume; exit codes are 130, 143 and 129. A second
signal ends it at once. --resume continues from the last checkpoint. The results
are identical, bit for bit, to those of an uninterrupted run. It uses the run's
dataset, split, --unlabelled, --validate-every, --validate-on, --patience,
--save-every and --skip-bad, unless given again. The recipe, the split and the
model cannot change. A run that a signal ended writes no model.safetensors: only
a run that ends by itself or by --stop-after does.

Examples:
  atrous train --dataset folder:mine --out run --steps 2000 --batch-size 4
               --crop-size 257 --learning-rate 0.003 --freeze-batch-norm
               --validate-every 200              few images, or a small GPU
  atrous train --out run --resume
  atrous train --dataset voc:VOC2012 --split trainaug --out stage1
               --model deeplabv3_resnet50        the paper's first stage
  atrous train --dataset voc:VOC2012 --out stage2 --model stage1
               --freeze-batch-norm --output-stride 8 --learning-rate 0.001
                                                 and its second`

interface Options extends SettingsOptions, RecipeOptions {
  out: string
  stopAfter?: number
  resume?: true
  json?: true
}

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Trains a model on labelled photos with the recipe of the DeepLabv3 paper.')
    .option('-d, --dataset <dataset>', 'kind and folder, such as voc:VOC2012')
    .option('--split <name>', 'the split of the dataset (default: train)')
    .option(
      '--unlabelled <photos>',
      'learn from photos without masks, too: a folder, or a dataset whose masks are not read',
    )
    .option('--unlabelled-split <name>', 'the split of such a dataset (default: train)')
    .option(
      '-m, --model <model>',
      `the model to start from: a name of \`atrous weights list\`, a checkpoint, its folder or its URL (default: ${DEFAULT_MODEL})`,
    )
    .addOption(
      new Option('--network <preset>', "start from this network's untrained weights instead").conflicts(
        'model',
      ),
    )
    .option(
      '--backbone-weights <weights>',
      `with --network, start from a backbone trained on ImageNet: ${BACKBONE_NAMES.join(', ')} (torchvision's), or a checkpoint of torchvision or timm by its file, URL or hf:OWNER/NAME; the head starts untrained, but VGG-16's fc6 and fc7`,
    )
    .option('--channels <n>', CHANNELS_TEXT, channelCount)
    .requiredOption('-o, --out <folder>', 'the folder for checkpoints, model and metrics')
  return addRecipeOptions(command)
    .option('--resume', "continue from the folder's last checkpoint, with its recipe and dataset")
    .option('--stop-after <n>', 'end after this step, with a checkpoint', positiveInteger)
    .option('--save-every <n>', 'steps between checkpoints (default: 500)', positiveInteger)
    .option('--validate-every <n>', 'steps between validations (default: never)', positiveInteger)
    .option('--validate-on <split>', 'the split for validation (default: val)')
    .option(
      '--patience <n>',
      'end after this many validations in a row without a better mean IoU, with the model of the best one (default: never)',
      positiveInteger,
    )
    .option('--skip-bad', 'leave out images with problems, now or after --resume, instead of stopping')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
    .action(run)
}

async function run(options: Options): Promise<void> {
  const { out, resume = false, stopAfter, dataset } = options
  await checkWritable(out)
  const folder = new TrainingFolder(out)
  const interrupt = catchSignals()
  try {
    const found = await folder.locked(async () => {
      await checkResume(folder, resume)
      if (!resume) await refuseForeignFiles(out)
      const settings = await settingsOf(options)
      return trainRun({ folder, settings, dataset, recipe: options, resume, stopAfter, interrupt })
    })
    const { interrupted } = found
    if (options.json) console.log(JSON.stringify({ ...found, interrupted: interrupted?.signal }))
    else if (!interrupted) console.log(endedText(found, out))
    if (!interrupted) return
    console.error(interruptedText(found, interrupted, folder))
    throw interrupted
  } finally {
    interrupt.release()
  }
}

async function settingsOf({ resume, ...options }: Options): Promise<RunSettings> {
  if (!resume) return newSettings(options)
  const recorded = await readSettings(options.out)
  if (recorded) return resumedSettings(recorded, options)
  if (options.dataset === undefined)
    throw new UserError(`${options.out} does not name its dataset: give --dataset`)
  return newSettings(options)
}

function endedText(found: TrainedRun, out: string): string {
  const { step, steps, loss, guess, best, endedEarly, milliseconds } = found
  const lossText = loss === undefined ? '' : `, loss ${loss.toFixed(4)}`
  const lines = [`step ${step} of ${steps}${lossText}, in ${secondsText(milliseconds)}`]
  if (endedEarly) lines.push('ended early: the last validations had no better mean IoU')
  if (best) lines.push(`best mean IoU ${percentText(best.mIoU!)}, after step ${best.step}: ${out}/best`)
  // A last batch that is hard alone has no loss of this size.
  if (loss !== undefined && loss > 2 * guess!)
    lines.push(`guessing has a loss of ${guess!.toFixed(4)}: a smaller --learning-rate may learn more`)
  else lines.push(`try it: atrous segment photo.jpg --model ${out}`)
  return lines.join('\n')
}

function interruptedText(
  { step, steps }: TrainedRun,
  { message }: InterruptedError,
  folder: TrainingFolder,
): string {
  if (step === 0) return `${message} before the first step: nothing is saved`
  const total = steps === undefined ? '' : ` of ${steps}`
  return [
    `${message}, after step ${step}${total}: ${folder.checkpoint(step)}`,
    `resume with: atrous train --out ${shellWord(folder.path)} --resume`,
  ].join('\n')
}

/** Quotes text as one word for a shell. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./\\-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const MODEL = ['model.safetensors', 'config.json']
const PICTURES = ['best', 'samples.png', 'curves.svg']
const ADVICE = 'a new run would replace it; choose another folder with --out'

/**
 * Throws a UserError if the folder holds such a file. Files of an earlier run that was killed before its first checkpoint are not
 * the user's: the run starts again. Its run.json identifies it.
 */
async function refuseForeignFiles(folder: string): Promise<void> {
  const isOwn = await exists(join(folder, SETTINGS_FILE))
  await refuseExisting(
    [...MODEL, ...(isOwn ? [] : PICTURES)].map(name => join(folder, name)),
    ADVICE,
  )
  const metrics = join(folder, 'metrics.jsonl')
  const text = await readFile(metrics, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const known = parseMetrics(text)
  // A crash may have cut the last line short.
  if (known.length < lines.length - 1 || (lines.length > 0 && known.length === 0))
    throw new UserError(`${metrics} exists: ${ADVICE}`)
}
