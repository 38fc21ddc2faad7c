// Does one job: reads its photo, segments it, and writes its results. The same job gives the same files, so it may run twice.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import type { RefinedOptions } from '../inference/inference_options.ts'
import { PhotoLine } from '../library/photo_line.ts'
import { mostPixels } from '../library/pixels.ts'
import { samplesIn } from '../model/preprocessing.ts'
import type { DeepLab } from '../node/deeplab.ts'
import { readImage } from '../node/images/image.ts'
import { markPng } from '../node/images/result_mark.ts'
import type { Segmentation } from '../node/segmentation.ts'
import { printable } from '../printable.ts'
import { BadJobError, parseJob, type SegmentJob, type Store } from './job.ts'

/** The result of a finished job: its value in the queue. */
export interface JobResult {
  /** The photo's size in pixels, which is the mask's. */
  width: number
  height: number
  /** The classes in the mask, the largest first, with their share of the pixels. */
  classes: { id: number; name: string; share: number }[]
  /** Where the results are. */
  outputs: { mask?: string; overlay?: string }
  /** How long the job took. */
  milliseconds: number
}

/** Which part of a job runs: its progress in the queue. */
export type JobStage = 'reading' | 'segmenting' | 'writing'

type JobOptions = RefinedOptions & { signal: AbortSignal }

/** A `DeepLab`, as far as a job uses it. */
export interface PhotoSegmenter extends Pick<DeepLab, 'gpu'> {
  /** Without it, the model takes photos. */
  readonly state: Pick<DeepLab['state'], 'preprocessing'>
  segment(photo: Image, options: JobOptions): Promise<Segmentation<'mask'>>
}

/** How many jobs have the model at one time: one is on the GPU, and the next one is ready. */
const ON_GPU = 2

/** The line of jobs before the model, in the order in which their photos were read. Each runs alone, so that it always gives the same bits. */
export const jobLine = (model: PhotoSegmenter): JobTools['line'] =>
  new PhotoLine({
    ahead: ON_GPU,
    submit:
      async ([{ image, options }]) =>
      async () => [await model.segment(image, options)],
  })

export interface JobTools {
  model: PhotoSegmenter
  line: PhotoLine<{ image: Image; options: JobOptions }, Segmentation<'mask'>>
  store: Store
  /** Ends the job: its reason is thrown. */
  signal: AbortSignal
  /** Called when a part begins. */
  onStage(stage: JobStage): void
}

/**
 * Does a job with unchecked data. Throws a BadJobError if no new try can help: wrong data, a missing or damaged photo, an option
 * that the model does not take. Any other error may pass.
 */
export async function runJob(data: unknown, tools: JobTools): Promise<JobResult> {
  const { store, signal, onStage } = tools
  const start = performance.now()
  const job = parseJob(data)
  const outputs = outputsOf(job)
  await refusePhoto(job.input, Object.values(outputs), store)
  onStage('reading')
  const bytes = await store.read(job.input, signal)
  onStage('segmenting')
  const found = await segmented(bytes, job, tools)
  onStage('writing')
  for (const kind of KINDS) {
    const place = outputs[kind]
    if (place !== undefined) await store.write(place, markPng(await RESULTS[kind](found)), signal)
  }
  const { width, height } = found
  const classes = found.classes.map(({ id, name, share }) => ({ id, name, share }))
  return { width, height, classes, outputs, milliseconds: Math.round(performance.now() - start) }
}

/** The same bytes as `atrous segment` writes. */
const RESULTS = {
  mask: async (found: Segmentation) => found.maskPng(),
  overlay: (found: Segmentation) => found.overlay(),
}

type ResultKind = keyof typeof RESULTS
const KINDS = Object.keys(RESULTS) as ResultKind[]

/** The places of the results. */
function outputsOf({ output, options }: SegmentJob): JobResult['outputs'] {
  const outputs: JobResult['outputs'] = {}
  for (const kind of KINDS) if (options[kind]) outputs[kind] = `${output}.${kind}.png`
  return outputs
}

/** Throws a BadJobError if a result would replace the photo, under whatever name. */
async function refusePhoto(input: string, outputs: readonly string[], store: Store): Promise<void> {
  for (const place of outputs) {
    const found = await store.identity(place)
    if (place === input || (found !== undefined && found === (await store.identity(input))))
      throw new BadJobError(`output: ${printable(place)} is the photo itself`)
  }
}

async function segmented(
  bytes: Uint8Array,
  { options: { mask: _, overlay: __, ...options } }: SegmentJob,
  { model, line, signal }: JobTools,
): Promise<Segmentation> {
  try {
    const channels = samplesIn(model.state.preprocessing)
    // A photo that arrives as bytes has no name of its own.
    const reading = { name: 'input', maxPixels: mostPixels(model.gpu, options), channels }
    const image = await readImage(bytes, reading)
    return (await line.run({ image, options: { ...options, signal } })).found
  } catch (error) {
    throw error instanceof UserError ? new BadJobError(error.message) : error
  }
}
