// `atrous segment`: segments photos to masks and overlays.

import { Command, InvalidArgumentError, Option } from 'commander'
import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { DEFAULT_SMOOTHING, SMOOTHING } from '../../inference/frame_options.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { addInferenceOptions, inferenceOf } from '../inference_options.ts'
import { loadModel } from '../model.ts'
import { share } from '../options.ts'
import { isQuiet, quietableAction } from '../quiet.ts'
import { checkCutout } from './cutout.ts'
import { attempt, loaded, STANDARD_INPUT } from './input_photo.ts'
import {
  type Ahead,
  checkHeaders,
  findFiles,
  type InputOptions,
  lookAhead,
  shardOption,
  shardWarning,
} from './segment_inputs.ts'
import { folderOutput, STANDARD_OUTPUT, standardOutput } from './segment_output.ts'
import { runBatch, type SegmentCommandOptions } from './segment_photos.ts'
import { SegmentReport } from './segment_report.ts'
import { probabilitiesOption } from './segment_results.ts'
import { segmentVideo } from './video/segment_video.ts'
import { isVideoFile } from './video/video_names.ts'

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description(
      'Segments photos: writes a mask of class ids and an overlay for each. Or a video: a mask of each frame.',
    )
    .argument(
      '[image...]',
      'JPEG, PNG, WebP, AVIF, TIFF or GIF files, folders of them, patterns, tar archives, http: or https: URLs, or - for standard input; or one MP4, WebM, MOV, MKV or AVI video',
    )
    .option('-o, --out <folder>', 'where to write; - means standard output; of a video also NAME.mp4', 'out')
    .option('-r, --recursive', 'take the photos in subfolders, too')
    .option(
      '--list <file>',
      'photos and archives by name, one on each line or between NULs; - is standard input',
    )
    .option(
      '--shard <i/n>',
      'one of n parts of the photos, from 0; /n takes i from JOB_COMPLETION_INDEX',
      shardOption,
    )
    .option('--manifest <file>', 'where to write a line of JSON for each photo')
    .option('--resume', 'keep what an earlier run has done')
    .option('--no-mask', 'write no masks')
    .option('--no-overlay', 'write no overlays')
    .addOption(probabilitiesOption())
    .option(
      '--cutout <classes>',
      'also cut these classes out, such as dog,cat; all means all but the background',
    )
    .option(
      '--background <what>',
      'behind a cut-out: blur, a colour such as #ffffff, or a picture (default: nothing)',
    )
    .option(
      '--opacity <share>',
      "opacity of the classes' colours in overlays, from 0 to 1 (default: 0.55)",
      share,
    )
    .option('--no-legend', 'draw overlays without the legend')
    .option(
      '--smoothing [share]',
      `of a video: calm the masks; how much of earlier frames is in each, from 0 to below 1 (without a share: ${DEFAULT_SMOOTHING})`,
      smoothingOption,
    )
    .option('--overwrite', 'also replace files that are not results of this command')
  addInferenceOptions(command)
    .option('--json', 'print an array of results')
    .addOption(
      new Option('--explain', 'print the plan with shapes and costs, and run nothing').conflicts('json'),
    )
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, segment, 'print nothing but errors')
}

async function segment(named: string[], options: SegmentCommandOptions): Promise<void> {
  const { json, out, list, recursive, shard } = options
  if (await isVideoCall(named, options)) return
  checkOptions(named, options)
  checkCutout(options)
  const inputs = { named, list, recursive, shard }
  const ahead = await lookAhead(findFiles(inputs), { grows: list === STANDARD_INPUT })
  const lines = !isQuiet() && !json && out !== STANDARD_OUTPUT
  const report = new SegmentReport({ out, json: json === true, lines })
  try {
    await segmentAll({ ahead, inputs, options, report })
  } catch (error) {
    report.endBy(error, ahead.first.slice(report.count))
  }
  report.end()
}

/** Segments a video, if one is named, and returns whether there was one. Throws a UserError for others beside it. */
async function isVideoCall(named: readonly string[], options: SegmentCommandOptions): Promise<boolean> {
  const video = named.find(file => isVideoFile(file, options))
  if (video === undefined && options.smoothing !== undefined)
    throw new UserError('--smoothing: expected a video')
  if (video === undefined) return false
  if (named.length > 1) throw new UserError(`${video}: a video is segmented alone, one at a time`)
  await segmentVideo(video, options)
  return true
}

/** Commander puts the flag and the text before the message. */
function smoothingOption(text: string): number {
  const share = Number(text)
  if (text.trim() === '' || !v.is(SMOOTHING.schema, share))
    throw new InvalidArgumentError('Expected a number from 0 to below 1.')
  return share
}

/** Throws a UserError for options that contradict each other. */
function checkOptions(
  named: readonly string[],
  { list, out, json, explain, shard, tile }: SegmentCommandOptions,
): void {
  if (named.length === 0 && list === undefined)
    throw new UserError(
      'expected photos: files, folders, patterns or archives, or --list with a file of names',
    )
  if (list === STANDARD_INPUT && named.includes(STANDARD_INPUT))
    throw new UserError('--list -: standard input cannot be both a list of names and a photo')
  if (out === STANDARD_OUTPUT && (json || explain))
    throw new UserError(`--out -: standard output cannot take both a PNG and --${json ? 'json' : 'explain'}`)
  if (explain && tile !== undefined)
    throw new UserError(`--explain: expected no --tile: --size ${tile} is what a window of it runs`)
  const warning = shardWarning(shard)
  if (warning && !isQuiet()) console.error(`warning: ${warning}`)
}

/** Checks what it can before anything is downloaded or computed. */
async function segmentAll({
  ahead,
  inputs,
  options,
  report,
}: {
  ahead: Ahead
  inputs: InputOptions
  options: SegmentCommandOptions
  report: SegmentReport
}): Promise<void> {
  const { first, isAll } = ahead
  const output = options.out === STANDARD_OUTPUT ? standardOutput(options) : folderOutput(options)
  if (!options.explain) await output.check(ahead, inputs.named)
  await checkHeaders(first)
  if (isAll && first.every(({ error }) => error)) {
    if (first.length === 0 && !isQuiet()) console.error('this shard has no photo')
    for (const { file, error } of first) report.fail(file, error!)
    return
  }
  const model = await loadModel(options.model, options)
  try {
    if (options.explain) await explainAll(model, ahead, { options, report })
    else await runBatch({ model, ahead, inputs, options, output, report })
  } finally {
    await model.dispose()
  }
}

async function explainAll(
  model: DeepLab,
  { photos, first, isAll }: Ahead,
  { options, report }: { options: SegmentCommandOptions; report: SegmentReport },
): Promise<void> {
  const isOne = isAll && first.length === 1
  for await (const photo of photos) {
    const plan = await attempt(photo, async () => model.explain(await loaded(photo), inferenceOf(options)))
    if (plan) report.explain(isOne ? plan : `${photo.file}\n${plan}\n`)
    else report.fail(photo.file, photo.error!)
  }
}

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
  atrous segment field.png --tile 1025       a large photo at its own scale, in
                                             windows that are blended
  atrous segment photo.jpg --cutout dog,cat  also out/photo.cutout.png: dogs and
                                             cats on transparent ground
  atrous segment photo.jpg --probabilities npy
                                             also out/photo.probabilities.npy
  atrous segment photo.jpg --json            results for a program
  curl -s URL | atrous segment - --out - > mask.png
                                             no files

Videos, where ffmpeg and ffprobe are installed:
  atrous segment clip.mp4 --out masks --smoothing
                                             masks/frame-000001.mask.png and so
                                             on, which hardly flicker
  atrous segment clip.mp4 --smoothing --out clip.overlay.mp4
                                             a video with the classes' colours

Many photos:
  atrous segment photos --recursive --out masks --resume
                                             goes on where a run has ended
  find photos -name '*.jpg' -print0 | atrous segment --list -
                                             a list of names
  atrous segment 'data/*.tar' --no-overlay   WebDataset: 000042.jpg in
                                             shard-0.tar becomes
                                             out/shard-0/000042.mask.png
  atrous segment photos --shard 3/8          one photo in eight; the others are
                                             0/8 to 7/8

A mask is a palette PNG whose pixel values are class ids. An overlay is the
photo tinted with the colours of its classes. Photos with the same name in
several folders become photo, photo-2 and so on; with --recursive, the results
are in subfolders like the photos. In folders, patterns, lists and archives,
*.mask.png, *.overlay.png, *.cutout.png and *.probabilities.* are left out. A
photo that cannot be read does not stop the others: it is reported at the end,
with exit code 2, or 1 if there is no result at all.

A result replaces an earlier, unchanged result of this command. If any other
file has its name, nothing is computed, unless --overwrite allows replacing that
file; of many photos, this is checked for the first hundred. Photos themselves
are never replaced.

The frames of a video are segmented in their order, upright, at the video's mean
rate. --smoothing averages the network's scores over time, so that masks change
little where the picture changes little; a cut begins a new mean. Flicker, in
the output, is the share of the still pixels whose class changes. An overlay
video has no sound, and gets its name when it is complete. A GIF is a video with
--smoothing or with a video's name in --out; else its first picture is a photo.

A network of other channels takes images that have as many: TIFF files, one page
or a page for each channel, .npy arrays (of a folder without photos) and others.
Overlays show the first three.

If the photos are those of a folder, a pattern, a list or an archive, the folder
of the results also gets manifest.jsonl (of a shard, manifest-3-of-8.jsonl): a
line of JSON for each photo, with its classes or its error. --manifest writes it
elsewhere, and for any photos. After a run that was interrupted or killed, the
same command with --resume keeps the results that the manifest lists, if they
are whole, and photo, model and options are the same.

Probabilities have the photo's size. An .npy is float32 [height, width,
classes]. A PNG is grey, for one class, and 255 is a probability of 1. With
probabilities, --json gives each class its mean \`confidence\`. An .npy carries no
mark of this command, so only --overwrite replaces it.

A cut-out is a PNG of the photo's size. A guided filter moves the edges of the
classes to those of the photo, and colours of the background are taken out of
pixels that are half transparent. --background puts the photo's own background,
blurred, behind it, or a colour, or a picture that covers it.

--tile cuts a photo into windows that overlap (--overlap), and segments each at
the photo's own scale, or at that of --size. Their probabilities are blended, so
that no seams are seen, and memory stays bounded: a photo of 10000 by 10000
pixels takes less than 2 GB. A window shows the network its own pixels and no
others, so it should be as large as the photos of the training, or larger. Not
with --crf.

--out - writes the mask of one photo to standard output, or with --no-mask its
overlay, or with --no-mask --no-overlay its cut-out. --json prints an array with
an object for each photo, in their order; a photo that failed has its \`file\`
and an \`error\`.

--precision fp16 needs a GPU with shader-f16, which \`atrous doctor --verbose\`
lists. Sums are still in fp32, on AMD's GPUs in parts of eight products that are
added up in fp16: a pixel changes its class only if two classes are close. An
activation beyond 65504 becomes infinite.`
