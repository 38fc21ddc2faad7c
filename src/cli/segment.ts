// `atrous segment`: photos to masks and overlays.

import { Command, Option } from 'commander'
import type { ClassShare } from '../data/class_share.ts'
import type { Precision } from '../kernels/layout.ts'
import type { InferenceOptions } from '../model/segmenter.ts'
import type { DeepLab } from '../node/deeplab.ts'
import { readImageSize } from '../node/image.ts'
import { Failures } from './errors.ts'
import { percentText, secondsText } from './format.ts'
import { addInferenceOptions, inferenceOf } from './inference_options.ts'
import { loadModel } from './model.ts'
import { checkWritable, outputPrefixes } from './output.ts'
import { countBar } from './progress.ts'

const EXAMPLES = `
Examples:
  atrous segment photo.jpg                   writes out/photo.mask.png and
                                             out/photo.overlay.png
  atrous segment holiday/*.jpg --out masks   a whole folder of photos
  atrous segment photo.jpg --output-stride 8 --scales 0.5,1,1.5 --flip
                                             the mean of six views on a finer
                                             grid: slowest, most exact
  atrous segment photo.jpg --json            results for a program

--precision fp16 needs a GPU with shader-f16, which \`atrous doctor\` lists. Sums
are computed in fp32 all the same: a pixel changes its class only where two are
close. An activation beyond 65504 would become infinite.

A mask is a palette PNG whose pixel values are class ids; an overlay is a
picture to look at. Photos of one name from several folders become photo,
photo-2 and so on. A photo that cannot be read does not stop the others: it is
reported at the end, with exit code 1.`

interface Options extends InferenceOptions {
  model: string
  precision: Precision
  out: string
  explain?: true
  json?: true
}

interface Photo {
  file: string
  /** Of the paths to write. */
  prefix: string
}

interface Run {
  options: Options
  failures: Failures
}

/** What --json prints of a photo. */
interface Result {
  file: string
  width: number
  height: number
  classes: ClassShare[]
  mask: string
  overlay: string
  milliseconds: number
}

export function segmentCommand(): Command {
  const command = new Command('segment')
    .summary('find what is in photos')
    .description('Finds what is in photos: writes a mask of class ids and an overlay to look at for each.')
    .argument('<image...>', 'JPEG, PNG, WebP, AVIF, TIFF or GIF files')
    .option('-o, --out <folder>', 'where to write', 'out')
  return addInferenceOptions(command)
    .option('--json', 'print an array of results')
    .addOption(
      new Option('--explain', 'print what would run, with shapes and costs, and run nothing').conflicts(
        'json',
      ),
    )
    .addHelpText('after', EXAMPLES)
    .action(segment)
}

async function segment(files: string[], options: Options): Promise<void> {
  // What can be known to fail is known before anything is downloaded or computed.
  await checkWritable(options.out)
  const failures = new Failures()
  const prefixes = outputPrefixes(files, options.out)
  const photos: Photo[] = []
  for (const [i, file] of files.entries())
    if (await failures.attempt(file, () => readImageSize(file))) photos.push({ file, prefix: prefixes[i] })

  if (photos.length > 0) {
    const model = await loadModel(options.model, options)
    try {
      await (options.explain ? explainAll : segmentAll)(model, photos, { options, failures })
    } finally {
      await model.dispose()
    }
  }
  failures.throwIfAny()
}

async function segmentAll(model: DeepLab, photos: Photo[], { options, failures }: Run): Promise<void> {
  // In a terminal the lines that are printed show how far it is.
  const bar = countBar(photos.length, 'photos', { shown: options.json === true || !process.stdout.isTTY })
  const results: Result[] = []
  for (const photo of photos) {
    const result = await failures.attempt(photo.file, () => segmentOne(model, photo, options))
    bar.step()
    if (!result) continue
    results.push(result)
    if (!options.json) console.log(line(result))
  }
  bar.stop()
  if (options.json) console.log(JSON.stringify(results, undefined, 2))
}

async function segmentOne(model: DeepLab, { file, prefix }: Photo, options: Options): Promise<Result> {
  const start = performance.now()
  const found = await model.segment(file, inferenceOf(options))
  const milliseconds = Math.round(performance.now() - start)
  const { width, height, classes } = found
  return { file, width, height, classes, ...(await found.save(prefix)), milliseconds }
}

function line({ file, classes, mask, overlay, milliseconds }: Result): string {
  const shares = classes.map(({ name, share }) => `${name} ${percentText(share)}`).join(', ')
  return `${file}: ${shares} → ${mask}, ${overlay} (${secondsText(milliseconds)})`
}

async function explainAll(model: DeepLab, photos: Photo[], { options, failures }: Run): Promise<void> {
  for (const { file } of photos) {
    const plan = await failures.attempt(file, () => model.explain(file, inferenceOf(options)))
    if (plan) console.log(photos.length > 1 ? `${file}\n${plan}\n` : plan)
  }
}
