// `atrous segment`: segments photos to masks and overlays.

import { Command, Option } from 'commander'
import type { ClassShare } from '../../data/class_share.ts'
import { UserError } from '../../errors.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import type { Precision } from '../../kernels/layout.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { percentText, secondsText } from '../format.ts'
import { addInferenceOptions, inferenceOf, refinedOf } from '../inference_options.ts'
import { loadModel } from '../model.ts'
import { share } from '../options.ts'
import { countBar } from '../progress.ts'
import { isQuiet, quietableAction } from '../quiet.ts'
import { attempt, checkHeaders, findPhotos, type InputPhoto } from './segment_inputs.ts'
import {
  type Output,
  openOutput,
  type ResultFiles,
  type SegmentOutputOptions,
  STANDARD_OUTPUT,
} from './segment_output.ts'
import { probabilitiesOption, probabilityText } from './segment_probabilities.ts'

const EXAMPLES = `
Examples:
  atrous segment photo.jpg                   writes out/photo.mask.png and
                                             out/photo.overlay.png
  atrous segment holiday --out masks         all images in a folder
  atrous segment 'holiday/**/*.jpg'          JPEGs in it and its subfolders
  atrous segment photo.jpg --output-stride 8 --scales 0.5,1,1.5 --flip
                                             the mean of six predictions on a
                                             finer grid: slowest, most accurate
  atrous segment photo.jpg --crf             masks that follow edges: a fully
                                             connected CRF refines them
  atrous segment photo.jpg --probabilities npy
                                             also out/photo.probabilities.npy
  atrous segment photo.jpg --json            results for a program
  curl -s URL | atrous segment - --out - > mask.png
                                             no files

A mask is a palette PNG whose pixel values are class ids. An overlay is the
photo tinted with the colours of its classes. Photos with the same name in
several folders become photo, photo-2 and so on. In folders and patterns,
*.mask.png, *.overlay.png and *.probabilities.*.png are left out. A photo that
cannot be read does not stop the others: it is reported at the end, with exit
code 1.

A result replaces an earlier, unchanged result of this command. If any other
file has its name, nothing is computed, unless --overwrite allows replacing that
file. Photos themselves are never replaced.

Probabilities have the photo's size. An .npy is float32 [height, width,
classes]. A PNG is grey, for one class, and 255 is a probability of 1. With
probabilities, --json gives each class its mean \`confidence\`. An .npy carries no
mark of this command, so only --overwrite replaces it.

--out - writes the mask of one photo to standard output, or with --no-mask its
overlay. --json prints an array with an object for each photo, in their order; a
photo that failed has its \`file\` and an \`error\`.

--precision fp16 needs a GPU with shader-f16, which \`atrous doctor --verbose\`
lists. Sums are still computed in fp32: a pixel changes its class only if two
classes are close. An activation beyond 65504 becomes infinite.`

interface Options extends RefinedOptions, SegmentOutputOptions {
  model: string
  precision: Precision
  explain?: true
  json?: true
}

/** The output of --json for a photo. */
interface Result extends ResultFiles {
  file: string
  width: number
  height: number
  classes: ClassShare[]
  milliseconds: number
}

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Segments photos: writes a mask of class ids and an overlay for each.')
    .argument(
      '<image...>',
      'JPEG, PNG, WebP, AVIF, TIFF or GIF files, folders of them, patterns, or - for standard input',
    )
    .option('-o, --out <folder>', 'where to write; - means standard output', 'out')
    .option('--no-mask', 'write no masks')
    .option('--no-overlay', 'write no overlays')
    .addOption(probabilitiesOption())
    .option(
      '--opacity <share>',
      "opacity of the classes' colours in overlays, from 0 to 1 (default: 0.55)",
      share,
    )
    .option('--no-legend', 'draw overlays without the legend')
    .option('--overwrite', 'also replace files that are not results of this command')
  addInferenceOptions(command)
    .option('--json', 'print an array of results')
    .addOption(
      new Option('--explain', 'print the plan with shapes and costs, and run nothing').conflicts('json'),
    )
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, segment, 'print nothing but errors')
}

async function segment(named: string[], options: Options): Promise<void> {
  const { json, explain, out } = options
  if (out === STANDARD_OUTPUT && (json || explain))
    throw new UserError(`--out -: standard output cannot take both a PNG and --${json ? 'json' : 'explain'}`)
  const photos = await findPhotos(named)
  const results = new Map<InputPhoto, Result>()
  const failure = await segmentPhotos(photos, { options, results }).catch(error => ({ error }))
  const errors = photos.flatMap(({ error }) => error ?? [])
  if (json) {
    const entries = photos.map(
      photo => results.get(photo) ?? { file: photo.file, error: messageOf(photo.error ?? failure?.error) },
    )
    console.log(JSON.stringify(entries, undefined, 2))
  }
  if (failure) throw new AggregateError([...errors, failure.error])
  if (errors.length > 0) throw new AggregateError(errors)
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

interface Run {
  options: Options
  /** Results are added to it. */
  results: Map<InputPhoto, Result>
}

/** Checks everything possible before anything is downloaded or computed. */
async function segmentPhotos(photos: InputPhoto[], { options, results }: Run): Promise<void> {
  const output = openOutput(photos, options)
  if (!options.explain) await output.check()
  const bar = countBar(photos.length, 'photos checked', { shown: photos.length > 100 })
  await checkHeaders(photos, bar.step).finally(bar.stop)
  if (photos.every(({ error }) => error)) return
  const model = await loadModel(options.model, options)
  try {
    if (options.explain) await explainAll(model, photos, options)
    else await segmentAll(model, photos, { options, output, results })
  } finally {
    await model.dispose()
  }
}

async function segmentAll(
  model: DeepLab,
  photos: readonly InputPhoto[],
  { options, output, results }: Run & { output: Output },
): Promise<void> {
  const printsLines = !isQuiet() && !options.json && options.out !== STANDARD_OUTPUT
  // In a terminal the printed lines show the progress.
  const bar = countBar(photos.length, 'photos', { shown: !(printsLines && process.stdout.isTTY) })
  try {
    for (const photo of photos) {
      const result = await attempt(photo, () => segmentOne(model, photo, { options, output }))
      bar.step()
      if (!result) continue
      results.set(photo, result)
      if (printsLines) console.log(line(result))
    }
  } finally {
    bar.stop()
  }
}

async function segmentOne(
  model: DeepLab,
  photo: InputPhoto,
  { options, output }: { options: Options; output: Output },
): Promise<Result> {
  const start = performance.now()
  const found = await model.segment(photo.source, {
    ...refinedOf(options),
    output: options.probabilities ? 'probabilities' : 'mask',
  })
  const milliseconds = Math.round(performance.now() - start)
  const { width, height, classes } = found
  return { file: photo.file, width, height, classes, ...(await output.write(photo, found)), milliseconds }
}

function line({ file, classes, mask, overlay, probabilities = [], milliseconds }: Result): string {
  const shares = classes.map(({ name, share }) => `${name} ${percentText(share)}`).join(', ')
  const paths = [mask, overlay, ...probabilityText(probabilities)]
  const written = paths.filter(path => path !== undefined).join(', ')
  return `${file}: ${shares}${written && ` → ${written}`} (${secondsText(milliseconds)})`
}

async function explainAll(model: DeepLab, photos: readonly InputPhoto[], options: Options): Promise<void> {
  for (const photo of photos) {
    const plan = await attempt(photo, () => model.explain(photo.source, inferenceOf(options)))
    if (plan) console.log(photos.length > 1 ? `${photo.file}\n${plan}\n` : plan)
  }
}
