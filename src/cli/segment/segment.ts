// `atrous segment`: photos to masks and overlays.

import { Command, Option } from 'commander'
import type { ClassShare } from '../../data/class_share.ts'
import { UserError } from '../../errors.ts'
import type { InferenceOptions } from '../../inference/segmenter.ts'
import type { Precision } from '../../kernels/layout.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { percentText, secondsText } from '../format.ts'
import { addInferenceOptions, inferenceOf } from '../inference_options.ts'
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
  atrous segment 'holiday/**/*.jpg'          and in the folders below it
  atrous segment photo.jpg --output-stride 8 --scales 0.5,1,1.5 --flip
                                             the mean of six views on a finer
                                             grid: slowest, most exact
  atrous segment photo.jpg --probabilities npy
                                             out/photo.probabilities.npy, too
  atrous segment photo.jpg --json            results for a program
  curl -s URL | atrous segment - --out - > mask.png
                                             no files

A mask is a palette PNG whose pixel values are class ids; an overlay is a
picture to look at. Photos of one name from several folders become photo,
photo-2 and so on. In folders and patterns, *.mask.png, *.overlay.png and
*.probabilities.*.png are left out. A photo that cannot be read does not stop
the others: it is reported at the end, with exit code 1.

A result replaces an earlier result of this command that nobody has changed.
Where any other file is in its place, nothing is computed; --overwrite replaces
that file, too. Photos themselves are never replaced.

Probabilities have the photo's size. An .npy is float32 [height, width,
classes]; a PNG is grey, of one class, and 255 is a probability of 1. Classes in
--json have their mean \`confidence\` then. An .npy carries no mark of this
command, so that only --overwrite replaces it.

--out - writes the mask of one photo to standard output, or with --no-mask its
overlay. --json prints an array with an object for each photo in their order;
one that failed has its \`file\` and an \`error\`.

--precision fp16 needs a GPU with shader-f16, which \`atrous doctor --verbose\`
lists. Sums are computed in fp32 all the same: a pixel changes its class only
where two are close. An activation beyond 65504 would become infinite.`

interface Options extends InferenceOptions, SegmentOutputOptions {
  model: string
  precision: Precision
  explain?: true
  json?: true
}

/** What --json prints of a photo. */
interface Result extends ResultFiles {
  file: string
  width: number
  height: number
  classes: ClassShare[]
  milliseconds: number
}

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Finds what is in photos: writes a mask of class ids and an overlay to look at for each.')
    .argument(
      '<image...>',
      'JPEG, PNG, WebP, AVIF, TIFF or GIF files, folders of them, patterns, or - for standard input',
    )
    .option('-o, --out <folder>', 'where to write; - is standard output', 'out')
    .option('--no-mask', 'write no masks')
    .option('--no-overlay', 'write no overlays')
    .addOption(probabilitiesOption())
    .option('--opacity <share>', "of a class's colour in overlays, from 0 to 1 (default: 0.55)", share)
    .option('--no-legend', 'draw overlays without the legend')
    .option('--overwrite', 'replace files that are not results of this command, too')
  addInferenceOptions(command)
    .option('--json', 'print an array of results')
    .addOption(
      new Option('--explain', 'print what would run, with shapes and costs, and run nothing').conflicts(
        'json',
      ),
    )
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, segment, 'print nothing but errors')
}

async function segment(named: string[], options: Options): Promise<void> {
  const { json, explain, out } = options
  if (out === STANDARD_OUTPUT && (json || explain))
    throw new UserError(
      `--out -: standard output cannot take a PNG and --${json ? 'json' : 'explain'} at a time`,
    )
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
  /** To which results are added. */
  results: Map<InputPhoto, Result>
}

/** What can be known to fail is known before anything is downloaded or computed. */
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
  // In a terminal the lines that are printed show how far it is.
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
    ...inferenceOf(options),
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
