// `atrous evaluate`: scores a model on labelled photos.

import { Command } from 'commander'
import type { RefinedOptions } from '../inference/inference_options.ts'
import { samplesIn } from '../model/preprocessing.ts'
import { type Evaluation, evaluate, meanIoURemark } from '../train/evaluate.ts'
import { checkDatasetChannels, type DatasetOptions, openChecked, soundImages } from './dataset.ts'
import { percentText, secondsText, table } from './format.ts'
import { addInferenceOptions, refinedOf } from './inference_options.ts'
import { loadModel, type ModelOptions } from './model.ts'
import { CHANNELS_TEXT, channelCount, positiveInteger } from './options.ts'
import { countBar } from './progress.ts'
import { quietableAction } from './quiet.ts'

const NOTES = `
Datasets:
  voc:DIR        PASCAL VOC's folders; classes.txt may name other classes
  folder:DIR     images/, masks/ and classes.txt; splits/NAME.txt, or else
                 train, val (a fifth of the images) and all
  coco:DIR       annotations/instances_NAME.json, all categories
  coco-voc:DIR   only its images with more than 1000 pixels of VOC's classes
  labelme:DIR    LabelMe's JSON files, each beside its photo

Examples:
  atrous evaluate --dataset voc:VOC2012
  atrous evaluate --dataset voc:VOC2012 --output-stride 8 --flip
                  --scales 0.5,0.75,1,1.25,1.5,1.75     as in the paper's tables
  atrous evaluate --dataset voc:VOC2012 --crf v2        with a CRF behind it

Intersection over union (IoU) is computed over the whole set, without pixels
labelled 255. A class in neither labels nor predictions is left out of the mean,
and the output says so. A class that is only predicted scores 0.`

interface Options extends RefinedOptions, ModelOptions, DatasetOptions {
  model: string
  json?: true
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description("Compares a model's masks with a dataset's: mean IoU, IoU of each class, pixel accuracy.")
    .requiredOption('-d, --dataset <dataset>', 'kind and folder, such as voc:VOC2012')
    .option('--split <name>', 'the split of the dataset', 'val')
    .option('--channels <n>', CHANNELS_TEXT, channelCount)
  addInferenceOptions(command)
    .option('--limit <n>', 'evaluate only the first n images', positiveInteger)
    .option('--skip-bad', 'leave out images with problems instead of stopping')
    .option('--json', 'print an object, with the confusion matrix')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(options: Options): Promise<void> {
  const dataset = soundImages(await openChecked(options))
  const model = await loadModel(options.model, options)
  const bar = countBar(dataset.size, 'images', { shown: true })
  const start = performance.now()
  try {
    checkDatasetChannels(options.channels, samplesIn(model.state.preprocessing))
    const found = await evaluate(model, dataset, {
      ...refinedOf(options),
      onProgress: bar.step,
      onError: options.skipBad ? ({ message }) => console.warn(`warning: ${message}`) : undefined,
    })
    const milliseconds = Math.round(performance.now() - start)
    bar.stop() // stopped before printing, or the bar would erase the results
    console.log(options.json ? JSON.stringify({ ...found, milliseconds }) : text(found, milliseconds))
  } finally {
    bar.stop()
    await model.dispose()
  }
}

function text(found: Evaluation, milliseconds: number): string {
  const { mIoU, pixelAccuracy, classes, images } = found
  const remark = meanIoURemark({ ...found, classes: classes.length })
  const rows = classes.map(({ name, iou }) => [name, scoreText(iou)])
  return [
    table([['class', 'IoU'], ...rows]),
    '',
    table([
      ['mean IoU', `${scoreText(mIoU)}${remark}`],
      ['pixel accuracy', scoreText(pixelAccuracy)],
      ['images', `${images}, in ${secondsText(milliseconds)}`],
    ]),
  ].join('\n')
}

/** A dash if there is no score. */
const scoreText = (score: number | null) => (score === null ? '–' : percentText(score))
