// Segments photos one after the other, while others are decoded and encoded, and keeps the manifest.

import { stat } from 'node:fs/promises'
import type { Image } from '../../data/image.ts'
import { DeviceLostError } from '../../gpu/errors.ts'
import type { ClassMap } from '../../inference/class_map.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import { pixelsOn } from '../../library/photo_size.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { inferenceOf, refinedOf } from '../inference_options.ts'
import { attempt, errorOf, type InputPhoto, loaded, readHeader, type Stamp, stampOf } from './input_photo.ts'
import type { DoneRow, FailedRow, Manifest } from './manifest.ts'
import { type DecodedPhoto, type PhotoWork, photoHash } from './photo_work.ts'
import { type Outcome, runPipeline } from './pipeline.ts'
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
const MOST_BYTES = 2 ** 30
/** Pixels of a photo, its mask, and its overlay before it is compressed, in bytes of a pixel. */
const BYTES_A_PIXEL = 12

/** A photo at its turn. */
interface Item {
  photo: InputPhoto
  stamp?: Stamp
  /** The row of an earlier run, if its results are still there. */
  earlier?: DoneRow
}

interface Found {
  map: ClassMap
  /** The time on the GPU, without that of the photos before. */
  milliseconds: number
}

export async function segmentPhotos(run: SegmentRun): Promise<void> {
  const { model, options, output, work, throughput } = run
  const maxPixels = pixelsOn(model.gpu)
  const scores = options.probabilities ? 4 * model.classNames.length : 0
  let lastDone = 0
  await runPipeline<Item, DecodedPhoto, Found, DoneRow>(
    itemsOf(run),
    {
      weigh: ({ photo: { size }, earlier }) =>
        size && !earlier ? size.width * size.height * (BYTES_A_PIXEL + scores) : 0,
      known: ({ photo: { error }, earlier }) =>
        earlier ? { result: earlier } : error ? { error } : undefined,
      read: async ({ photo }) => work.read({ source: await loaded(photo), name: photo.file, maxPixels }),
      async submit({ image }) {
        const begun = performance.now()
        const wait = await submitted(model, image, options)
        throughput.gpu.begin()
        return async () => {
          try {
            const map = await wait()
            const milliseconds = performance.now() - Math.max(begun, lastDone)
            return { map, milliseconds: Math.round(milliseconds) }
          } finally {
            lastDone = performance.now()
            throughput.gpu.end()
          }
        }
      },
      async write({ photo, stamp }, { image, sha256 }, { map, milliseconds }) {
        const segmented = { image, map, classNames: model.classNames }
        const written = await output.write(photo, segmented, work)
        return { ...baseOf(photo, run, stamp), sha256, ...written, milliseconds }
      },
      settle: (item, outcome) => settle(run, item, outcome),
    },
    { items: 2 * work.lanes + 4, bytes: MOST_BYTES, signal: run.signal },
  )
}

/** Submits a photo ahead of time where only its mask is asked for. A CRF and probabilities take several steps of their own. */
async function submitted(
  model: DeepLab,
  image: Image,
  options: SegmentRun['options'],
): Promise<() => Promise<ClassMap>> {
  const output = options.probabilities ? 'probabilities' : 'mask'
  const segment = async () => {
    const { mask, width, height, probabilities } = await model.segment(image, {
      ...refinedOf(options),
      output,
    })
    return { mask, width, height, scores: probabilities }
  }
  if (options.crf !== undefined || output === 'probabilities') {
    const map = segment()
    map.catch(() => undefined) // who waits for it reports it
    return () => map
  }
  const wait = await model.submit(image, inferenceOf(options))
  // `segment` opens the GPU again.
  return () => wait().catch(error => (error instanceof DeviceLostError ? segment() : Promise.reject(error)))
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
    if (earlier) throughput.kept()
    else throughput.segmented(result.width * result.height)
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
