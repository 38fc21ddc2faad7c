// Segments photos one after the other, while others are decoded and encoded, and keeps the manifest.

import { stat } from 'node:fs/promises'
import type { ClassMap } from '../../inference/class_map.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import { type Outcome, runPhotos } from '../../library/photo_runner.ts'
import { pixelsOn } from '../../library/photo_size.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { refinedOf } from '../inference_options.ts'
import { attempt, errorOf, type InputPhoto, loaded, readHeader, type Stamp, stampOf } from './input_photo.ts'
import type { DoneRow, FailedRow, Manifest } from './manifest.ts'
import { type DecodedPhoto, type PhotoWork, photoHash } from './photo_work.ts'
import { type Output, prefixOf, type SegmentOutputOptions } from './segment_output.ts'
import type { SegmentReport } from './segment_report.ts'
import { resultEndings } from './segment_results.ts'
import type { Throughput } from './throughput.ts'

export interface SegmentRun {
  model: DeepLab
  photos: AsyncIterable<InputPhoto>
  options: RefinedOptions & SegmentOutputOptions
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

/** How many photos the GPU has at one time. */
const ON_GPU = 2

export async function segmentPhotos(run: SegmentRun): Promise<void> {
  const { model, options, output, work } = run
  const maxPixels = pixelsOn(model.gpu)
  const scores = options.probabilities ? 4 * model.classNames.length : 0
  await runPhotos<Item, DecodedPhoto, ClassMap, DoneRow>(
    itemsOf(run),
    {
      ahead: ON_GPU,
      weigh: ({ photo: { size }, earlier }) =>
        size && !earlier ? size.width * size.height * (BYTES_A_PIXEL + scores) : 0,
      known: ({ photo: { error }, earlier }) =>
        earlier ? { result: earlier } : error ? { error } : undefined,
      read: async ({ photo }) => work.read({ source: await loaded(photo), name: photo.file, maxPixels }),
      async submit([{ image }]) {
        const output = options.probabilities ? 'probabilities' : 'mask'
        const map = await model.submit(image, { ...refinedOf(options), output })
        return async () => [await map()]
      },
      async write({ photo, stamp }, { image, sha256 }, { found: map, gpu }) {
        const segmented = { image, map, classNames: model.classNames }
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
    const stamp = photo.error ? undefined : await stampOf(photo)
    const earlier = stamp && (await attempt(photo, () => earlierRow(photo, stamp, run)))
    if (!earlier) {
      const replacesNpy = manifest?.isResumed === true
      await attempt(photo, () => output.checkPhoto(photo, { classNames, replacesNpy }))
      await readHeader(photo)
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
