// `atrous compare`: several networks on one photo or dataset, side by side.

import { basename, dirname } from 'node:path'
import { Command } from 'commander'
import { UserError } from '../../errors.ts'
import { type RefinedOptions, TILE_OPTIONS } from '../../inference/inference_options.ts'
import { REFINED_NAMES } from '../../inference/option_texts.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { readImage } from '../../node/images/image.ts'
import { type ComparedPicture, renderComparison } from '../../node/overlay/comparison.ts'
import { openChecked, soundImages } from '../dataset.ts'
import { Failures } from '../errors.ts'
import { bytesText, digits, percentText, table } from '../format.ts'
import { addOptions, inferenceOf } from '../inference_options.ts'
import { positiveInteger } from '../options.ts'
import { checkWritable, refuseExisting } from '../output.ts'
import { stageBar } from '../progress.ts'
import { quietableAction } from '../quiet.ts'
import { type Compared, type ComparedNumbers, compareModel } from './compare_model.ts'

const NOTES = `
Each model is a trained one, as for other commands, or a preset: a network without
trained weights. Of a preset the table has what weights do not change: its
multiply-adds, parameters, time and memory; its place in the picture is empty.

Examples:
  atrous compare photo.jpg -m scenes deeplabv3_mobilenet_v2
                                    the table, and out/compare.png
  atrous compare photo.jpg -m fcn_resnet50 deeplabv3_resnet50 deeplabv3plus_resnet50
                                    the cost of three heads on one backbone
  atrous compare --dataset voc:VOC2012 -m run1/best run2/best
                                    mean IoU of both, and the first photo

Times are medians of calls from photo to mask after a first one. Memory is the
most that the GPU held at a time.`

const CRF_HERE = 'run each trained model again, with its masks refined by a fully connected CRF'

/** Networks are compared on whole photos. */
const NAMES = REFINED_NAMES.filter(name => !(name in TILE_OPTIONS))

interface Options extends RefinedOptions {
  models: string[]
  dataset?: string
  split: string
  limit?: number
  out: string
  overwrite?: true
  picture: boolean
  json?: true
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description(
      'Runs several networks on one photo or dataset: a picture with all masks, and a table of what each costs.',
    )
    .argument('[photo]', "a photo (default: the dataset's first)")
    .requiredOption('-m, --models <models...>', 'trained models or presets, at least one')
    .option('-d, --dataset <dataset>', 'kind and folder, such as voc:VOC2012: adds mean IoU')
    .option('--split <name>', 'the split of the dataset', 'val')
    .option('--limit <n>', 'evaluate only the first n images', positiveInteger)
  addOptions(command, NAMES, { crf: CRF_HERE })
    .option('-o, --out <file>', 'the picture', 'out/compare.png')
    .option('--no-picture', 'print the table alone')
    .option('--overwrite', 'replace a picture that exists')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(file: string | undefined, options: Options): Promise<void> {
  const { models, out, overwrite, json } = options
  if (options.picture) {
    await checkWritable(dirname(out))
    if (!overwrite) await refuseExisting([out], '--overwrite replaces it, --out takes another file')
  }
  const dataset = options.dataset
    ? soundImages(await openChecked({ ...options, dataset: options.dataset }))
    : undefined
  if (file === undefined && !dataset) throw new UserError('expected a photo or --dataset')
  const photo = file === undefined ? (await dataset!.read(0)).image : await readImage(file)
  const failures = new Failures()
  const bar = stageBar(models.length, { lines: true })
  const found: Compared[] = []
  for (const [index, name] of models.entries()) {
    const compare = () =>
      compareModel(name, photo, {
        inference: inferenceOf(options),
        crf: options.crf,
        dataset,
        withMask: options.picture,
        onStage: stage => bar.show(index, `${name}: ${stage}`),
      })
    const compared = await failures.attempt(name, compare).finally(bar.hide)
    if (compared) found.push(...compared)
  }
  const picture = options.picture && found.length > 0 ? await writePicture(out, photo, found) : undefined
  const results = found.map(({ overlay: _, classes: __, ...result }) => result)
  if (json) console.log(JSON.stringify({ picture, results }, undefined, 1))
  else if (results.length > 0)
    console.log([comparisonTable(results), ...(picture ? ['', picture] : [])].join('\n'))
  failures.throwIfAny()
}

async function writePicture(
  out: string,
  photo: Parameters<typeof renderComparison>[0],
  found: readonly Compared[],
): Promise<string> {
  const pictures = found.map(
    (compared): ComparedPicture => ({
      title: pictureTitle(compared),
      png: compared.overlay,
      classes: compared.classes ?? [],
    }),
  )
  await writeFileAtomic(out, await renderComparison(photo, pictures))
  return out
}

/** The column of mean IoU is there only if a model has one. */
function comparisonTable(results: readonly ComparedNumbers[]): string {
  const hasScores = results.some(({ mIoU }) => mIoU !== undefined)
  const rows = results.map(result => [
    result.model,
    result.crf ? 'with CRF' : result.trained ? '' : 'untrained',
    ...(hasScores ? [result.mIoU === undefined ? '–' : percentText(result.mIoU)] : []),
    (result.multiplyAdds / 1e9).toFixed(2),
    (result.parameters / 1e6).toFixed(2),
    digits(result.milliseconds),
    bytesText(result.gpuBytes),
  ])
  const headings = ['G multiply-adds', 'M parameters', 'ms', 'GPU']
  return table([['model', '', ...(hasScores ? ['mean IoU'] : []), ...headings], ...rows], { numbers: 2 })
}

/** A model of a path by the path's last part. */
const pictureTitle = ({ model, trained, crf, mIoU, milliseconds }: ComparedNumbers): string =>
  [
    basename(model),
    ...(trained ? [] : ['untrained']),
    ...(crf ? ['CRF'] : []),
    ...(mIoU === undefined ? [] : [percentText(mIoU)]),
    `${digits(milliseconds)} ms`,
  ].join(' · ')
