// `atrous crf`: what is about the fully connected CRF alone. `atrous crf tune` scores each combination of its parameters on a dataset.

import { Command, InvalidArgumentError } from 'commander'
import { type CrfParameters, crfParameters } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'
import type { InferenceOptions } from '../inference/inference_options.ts'
import type { FileDataset } from '../node/datasets/file_dataset.ts'
import type { DeepLab } from '../node/deeplab.ts'
import { type Evaluation, evaluate } from '../train/evaluate.ts'
import { type DatasetOptions, openChecked, soundImages } from './dataset.ts'
import { percentText, StreamedTable } from './format.ts'
import { addNetworkOptions, inferenceOf } from './inference_options.ts'
import { loadModel, type ModelOptions } from './model.ts'
import { number, positiveInteger } from './options.ts'
import { countBar } from './progress.ts'
import { quietableAction } from './quiet.ts'

export function crfCommand(): Command {
  return new Command('crf')
    .description('Finds parameters for the fully connected CRF of `segment --crf`.')
    .helpCommand(false)
    .addCommand(crfTuneCommand())
}

const NOTES = `
It scores the model without a CRF, and then with each combination of the values.
The best has the highest mean IoU; of equal ones, the first. Take images that
were not trained on, and others to report a score.

Examples:
  atrous crf tune --dataset voc:VOC2012 --limit 100
  atrous crf tune --dataset folder:mugs --bi-w 4,6,8 --bi-xy 30,60,90
  atrous segment photo.jpg --crf 3,3,4,60,5        with what it found`

interface Grid {
  posW: number[]
  posXy: number[]
  biW: number[]
  biXy: number[]
  biRgb: number[]
}

interface Options extends InferenceOptions, ModelOptions, DatasetOptions, Grid {
  model: string
  json?: true
}

interface Trial extends Pick<Evaluation, 'mIoU' | 'pixelAccuracy'> {
  /** Null without a CRF. */
  parameters: CrfParameters | null
}

const MAX_TRIALS = 1000

function numbers(text: string): number[] {
  const values = text.split(',').map(number)
  if (values.some(value => value < 0)) throw new InvalidArgumentError('Expected numbers from 0.')
  return values
}

function crfTuneCommand(): Command {
  const command = new Command('tune')
    .summary('score combinations of parameters on labelled photos')
    .description('Scores combinations of parameters of the CRF on labelled photos, and names the best.')
    .requiredOption('-d, --dataset <dataset>', 'kind and folder, such as voc:VOC2012')
    .option('--split <name>', 'the split of the dataset', 'val')
    .option('--pos-w <values>', 'weights of the spatial kernel', numbers, [3])
    .option('--pos-xy <values>', 'its standard deviations, in pixels', numbers, [1, 3])
    .option('--bi-w <values>', 'weights of the bilateral kernel', numbers, [4, 10])
    .option('--bi-xy <values>', 'its standard deviations of places, in pixels', numbers, [50, 80])
    .option('--bi-rgb <values>', 'its standard deviations of colours, of 0 to 255', numbers, [3, 5, 13])
  addNetworkOptions(command)
    .option('--limit <n>', 'use only the first n images', positiveInteger)
    .option('--skip-bad', 'leave out images with problems instead of stopping')
    .option('--json', 'print an object: the score without a CRF, the best, and all')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(options: Options): Promise<void> {
  const candidates = combinations(options)
  if (candidates.length > MAX_TRIALS)
    throw new UserError(`crf tune: expected at most ${MAX_TRIALS} combinations, got ${candidates.length}`)
  const dataset = soundImages(await openChecked(options))
  const model = await loadModel(options.model, options)
  try {
    const tried = await tryAll(model, dataset, { options, candidates })
    const best = tried.reduce((best, trial) => ((trial.mIoU ?? 0) > (best.mIoU ?? 0) ? trial : best))
    if (options.json) console.log(JSON.stringify({ none: tried[0], best, tried: tried.slice(1) }))
    else console.log(`\nbest: ${best.parameters ? `--crf ${nameOf(best.parameters)}` : 'no CRF'}`)
  } finally {
    await model.dispose()
  }
}

/** Throws a UserError for values that no CRF takes. */
const combinations = ({ posW, posXy, biW, biXy, biRgb }: Grid): Required<CrfParameters>[] =>
  posW.flatMap(posW =>
    posXy.flatMap(posXy =>
      biW.flatMap(biW =>
        biXy.flatMap(biXy => biRgb.map(biRgb => crfParameters({ posW, posXy, biW, biXy, biRgb }))),
      ),
    ),
  )

const numbersOf = ({ posW, posXy, biW, biXy, biRgb }: CrfParameters) => [posW, posXy, biW, biXy, biRgb]
const nameOf = (parameters: CrfParameters) => numbersOf(parameters).join(',')

const HEADINGS = ['pos_w', 'pos_xy', 'bi_w', 'bi_xy', 'bi_rgb', 'mean IoU', 'accuracy']

/** The score without a CRF, then that of each candidate. Prints a row for each, unless the results are printed as JSON. */
async function tryAll(
  model: DeepLab,
  dataset: FileDataset,
  { options, candidates }: { options: Options; candidates: Required<CrfParameters>[] },
): Promise<Trial[]> {
  const tried: Trial[] = []
  const table = options.json ? undefined : new StreamedTable(HEADINGS, 7)
  for (const parameters of [null, ...candidates]) {
    const bar = countBar(dataset.size, 'images', { shown: true })
    const { mIoU, pixelAccuracy } = await evaluate(model, dataset, {
      ...inferenceOf(options),
      ...(parameters && { crf: parameters }),
      onProgress: bar.step,
      onError: options.skipBad ? ({ message }) => console.warn(`warning: ${message}`) : undefined,
    }).finally(bar.stop)
    tried.push({ parameters, mIoU, pixelAccuracy })
    const cells = parameters ? numbersOf(parameters).map(String) : ['no CRF', '', '', '', '']
    table?.row([...cells, percentText(mIoU ?? 0), percentText(pixelAccuracy ?? 0)])
  }
  return tried
}
