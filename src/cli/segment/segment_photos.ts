// Runs a model on all photos of a command, one after the other, while others are decoded and encoded: with the manifest, the threads, the
// progress and the signals around it.

import { createHash, type Hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClassMap } from '../../inference/class_map.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import type { Model } from '../../library/model_files.ts'
import { type Outcome, runPhotos } from '../../library/photo_runner.ts'
import { mostPixels } from '../../library/pixels.ts'
import type { SegmentProgress } from '../../library/segment_options.ts'
import { samplesIn } from '../../model/preprocessing.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { version } from '../../node/version.ts'
import { refinedOf } from '../inference_options.ts'
import { catchSignals } from '../interrupt.ts'
import type { ModelOptions } from '../model.ts'
import { isQuiet } from '../quiet.ts'
import { type CutoutFlags, cutoutOptions, segmentWithCutout } from './cutout.ts'
import {
  attempt,
  errorOf,
  type InputPhoto,
  isArchive,
  loaded,
  readHeader,
  STANDARD_INPUT,
  type Stamp,
  stampOf,
} from './input_photo.ts'
import { type DoneRow, type FailedRow, Manifest } from './manifest.ts'
import { type DecodedPhoto, type PhotoWork, photoHash, photoWork } from './photo_work.ts'
import { type Ahead, findFiles, type InputOptions } from './segment_inputs.ts'
import { type Output, prefixOf, type SegmentOutputOptions, STANDARD_OUTPUT } from './segment_output.ts'
import type { SegmentReport } from './segment_report.ts'
import { pngKinds, resultEndings } from './segment_results.ts'
import { showProgress, Throughput } from './throughput.ts'

/** From how many photos on worker threads help more than their start costs. */
const THREADS_FROM = 8

export interface SegmentCommandOptions
  extends ModelOptions,
    RefinedOptions,
    SegmentOutputOptions,
    CutoutFlags,
    Omit<InputOptions, 'named'> {
  model: string
  manifest?: string
  explain?: true
  json?: true
  /** Of a video. */
  smoothing?: number | boolean
}

interface BatchRun {
  model: DeepLab
  ahead: Ahead
  inputs: InputOptions
  options: SegmentCommandOptions
  output: Output
  report: SegmentReport
}

/** Segments the photos and reports on each. Throws an InterruptedError if a signal ended the run. */
export async function runBatch({ model, ahead, inputs, options, output, report }: BatchRun): Promise<void> {
  const path = manifestPath(ahead, options)
  const run = path === undefined ? '' : runOf(model, options)
  const manifest = path === undefined ? undefined : await Manifest.open(path, options)
  const interrupt = manifest && catchSignals()
  // A kernel that is chosen in the middle of the run may round otherwise, and a resumed run has to give the same results.
  await model.stopTuning()
  const isMany = !ahead.isAll || ahead.first.length >= THREADS_FROM
  const work = photoWork({ threads: isMany })
  const throughput = new Throughput()
  const lines = process.stdout.isTTY && !options.json
  const isOne = ahead.isAll && ahead.first.length === 1
  const total = countPhotos(ahead, inputs).catch(() => undefined) // the run itself reports what fails
  const progress =
    isOne && options.tile === undefined ? undefined : showProgress(throughput, { total, lines })
  try {
    await segmentPhotos({
      model,
      photos: ahead.photos,
      options,
      output,
      work,
      throughput,
      run,
      manifest,
      report,
      signal: interrupt?.signal,
    })
    interrupt?.check() // it may have ended the run while no photo was under way
    await manifest?.finish()
  } finally {
    progress?.stop()
    if (manifest && !isQuiet()) console.error(throughput.summary)
    if (interrupt?.error && !isQuiet())
      console.error(`${interrupt.error.message}: the same command with --resume goes on where ${path} ends`)
    interrupt?.release()
    await work.close()
    await manifest?.close()
  }
}

/** Undefined if there is to be none: by default, for files that were named one by one, and where nothing else is written. */
function manifestPath({ isAll, areNamed }: Ahead, options: SegmentCommandOptions): string | undefined {
  const { manifest, out, shard, resume } = options
  if (manifest !== undefined) return manifest
  if (out === STANDARD_OUTPUT) return undefined
  const isWritten = pngKinds(options).length > 0 || options.probabilities !== undefined
  if (!resume && ((isAll && areNamed) || !isWritten)) return undefined
  return join(out, shard ? `manifest-${shard.index}-of-${shard.count}.jsonl` : 'manifest.jsonl')
}

/** All that results depend on besides the photos. */
function runOf(model: DeepLab, options: SegmentCommandOptions): string {
  const { precision, mask, overlay, probabilities, opacity, legend, cutout, background } = options
  const results = { precision, mask, overlay, probabilities, opacity, legend, cutout, background }
  return runId(model.state, { ...refinedOf(options), ...results })
}

/** Undefined if it takes too long to count them: those of archives and of standard input. */
async function countPhotos({ first, isAll }: Ahead, inputs: InputOptions): Promise<number | undefined> {
  if (isAll) return first.length
  if (inputs.list === STANDARD_INPUT || isQuiet()) return undefined
  let count = 0
  for await (const { file } of findFiles(inputs)) {
    if (isArchive(file)) return undefined
    count++
  }
  return count
}

/** 16 hex digits of this version, the options and the model: its network, classes, preprocessing and weights. */
function runId({ parameters, ...model }: Readonly<Model>, options: object): string {
  const hash = createHash('sha256').update(JSON.stringify([version, options, model]))
  for (const name of [...parameters.keys()].sort()) addTensor(hash.update(name), parameters.get(name)!)
  return hash.digest('hex').slice(0, 16)
}

const addTensor = (hash: Hash, { buffer, byteOffset, byteLength }: Float32Array) =>
  hash.update(new Uint8Array(buffer, byteOffset, byteLength))

interface SegmentRun {
  model: DeepLab
  photos: AsyncIterable<InputPhoto>
  options: RefinedOptions & SegmentOutputOptions & CutoutFlags
  output: Output
  work: PhotoWork
  throughput: Throughput
  /** Identifies the model and the options in the manifest. */
  run: string
  manifest?: Manifest
  /** Ends the run: photos under way are finished. */
  signal?: AbortSignal
  /** Takes the results and the errors, in the order of the photos. */
  report: SegmentReport
}

/** The most bytes of photos under way: a photo may have a gigabyte of pixels. */
const MAX_BYTES = 2 ** 30
/** Pixels of a photo, its mask, and its overlay before it is compressed, in bytes of a pixel. */
const BYTES_A_PIXEL = 12

/** A photo at its turn. */
interface Item {
  photo: InputPhoto
  stamp?: Stamp
  /** The row of an earlier run, if its results are still there. */
  earlier?: DoneRow
}

interface FoundMap {
  map: ClassMap
  /** The PNG of a cut-out. */
  cutout?: Uint8Array
}

/** How many photos the GPU has at one time. */
const ON_GPU = 2

export async function segmentPhotos(run: SegmentRun): Promise<void> {
  const { model, options, output, work, throughput } = run
  const maxPixels = mostPixels(model.gpu, options)
  const cutout = options.cutout === undefined ? undefined : cutoutOptions(options, model.classNames)
  const channels = samplesIn(model.state.preprocessing)
  const scores = options.probabilities || cutout ? 4 * model.classNames.length : 0
  const bytes = BYTES_A_PIXEL + scores + 4 * (channels ?? 0)
  await runPhotos<Item, DecodedPhoto, FoundMap, DoneRow>(
    itemsOf(run),
    {
      ahead: ON_GPU,
      weigh: ({ photo: { size }, earlier }) => (size && !earlier ? size.width * size.height * bytes : 0),
      known: ({ photo: { error }, earlier }) =>
        earlier ? { result: earlier } : error ? { error } : undefined,
      read: async ({ photo }) =>
        work.read({ source: await loaded(photo), name: photo.file, maxPixels, channels }),
      async submit([{ image }]) {
        const output = options.probabilities ? 'probabilities' : 'mask'
        const onProgress = ({ tiles }: SegmentProgress) => throughput.tile(tiles)
        const own = { ...refinedOf(options), onProgress }
        const withScores = output === 'probabilities'
        if (cutout) return async () => [await segmentWithCutout(model, image, { ...own, cutout, withScores })]
        const map = await model.submit(image, { ...own, output })
        return async () => [{ map: await map() }]
      },
      async write({ photo, stamp }, { image: { samples: _, ...image }, sha256 }, { found, gpu }) {
        const segmented = { image, ...found, classNames: model.classNames }
        const written = await output.write(photo, segmented, work)
        return { ...baseOf(photo, run, stamp), sha256, ...written, milliseconds: Math.round(gpu) }
      },
      settle: (item, outcome) => settle(run, item, outcome),
    },
    { items: 2 * work.lanes + 4, bytes: MAX_BYTES, signal: run.signal },
  )
}

/** Each photo at its turn, checked. Photos whose results are there are not opened. */
async function* itemsOf({ photos, ...run }: SegmentRun): AsyncGenerator<Item> {
  const { model, output, manifest } = run
  const { classNames } = model
  for await (const photo of photos) {
    const stamp = await stampOf(photo)
    const earlier = stamp && (await attempt(photo, () => earlierRow(photo, stamp, run)))
    if (!earlier) {
      const replacesNpy = manifest?.isResumed === true
      await attempt(photo, () => output.checkPhoto(photo, { classNames, replacesNpy }))
      await readHeader(photo, { channels: samplesIn(model.state.preprocessing) })
    }
    yield { photo, stamp, earlier }
  }
}

/** The row of an earlier run with this model and these options, if the photo is unchanged and its results are there and whole. */
async function earlierRow(
  photo: InputPhoto,
  { bytes, modified, changed }: Stamp,
  { manifest, run, options, model }: Omit<SegmentRun, 'photos'>,
): Promise<DoneRow | undefined> {
  const row = await manifest?.find(photo.key)
  if (!row || 'error' in row) return undefined
  if (row.run !== run || row.file !== photo.file) return undefined
  if (row.bytes !== bytes || row.modified !== modified) return undefined
  const isUntouched = changed !== undefined && row.changed === changed
  if (!isUntouched && row.sha256 !== (await photoHash(await loaded(photo)))) return undefined
  for (const ending of resultEndings(options, model.classNames)) {
    // Results are written whole or not at all.
    const found = await stat(`${prefixOf(photo, options.out)}.${ending}`).catch(() => undefined)
    if (!found || found.size !== row.results[ending]) return undefined
  }
  return row
}

/** Takes note of how a photo ended. Throws what is no fault of the photo. */
async function settle(run: SegmentRun, item: Item, outcome: Outcome<DoneRow>): Promise<void> {
  const { manifest, throughput, report } = run
  const { photo, stamp, earlier } = item
  if ('result' in outcome) {
    const { result } = outcome
    const { width, height, milliseconds } = result
    if (earlier) throughput.kept()
    else throughput.segmented({ pixels: width * height, milliseconds })
    if (earlier) manifest!.keep(photo.key)
    else await manifest?.add(result)
    return report.add(result, { isNew: !earlier })
  }
  photo.error = errorOf(photo, outcome.error)
  throughput.failed()
  const row: FailedRow = { ...baseOf(photo, run, stamp), error: photo.error.message }
  await manifest?.add(row)
  report.fail(photo.file, photo.error)
}

const baseOf = ({ file, key }: InputPhoto, { run }: SegmentRun, stamp?: Stamp) => ({
  file,
  key,
  ...stamp,
  run,
})
