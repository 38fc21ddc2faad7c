// A request to segment photos: its options, its place in the queue, memory, pixels, model.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'
import {
  DEFAULT_OVERLAP,
  OPTION_TEXTS,
  type OutputOptions,
  type RefinedOptions,
  type SegmentOutput,
} from '../inference/inference_options.ts'
import {
  expectedText,
  optionFromText,
  parameterName,
  REFINED_NAMES,
  type RefinedOption,
} from '../inference/option_texts.ts'
import { tiledPixels } from '../inference/tiling.ts'
import { mostPixels, type Pixels, type Size } from '../library/pixels.ts'
import { edgeOf, type Preprocessing, samplesIn } from '../model/preprocessing.ts'
import { readImage, readImageSize } from '../node/images/image.ts'
import { readPixels } from '../node/images/image_source.ts'
import type { Segmentation } from '../node/segmentation.ts'
import { checkOptionNames, shown } from '../options.ts'
import type { RequestStage } from './metrics.ts'
import { RequestError, type RequestScope } from './request.ts'
import type { ServedModel } from './served_models.ts'
import type { Service } from './service.ts'

type RequestParameters = Readonly<Record<string, unknown>>

/** The options by the names of their parameters: `output_stride` is `outputStride`. */
export const SEGMENT_PARAMETERS: ReadonlyMap<string, RefinedOption> = new Map(
  REFINED_NAMES.map(name => [parameterName(name), name]),
)

/** Throws a UserError for a parameter that is not in `others` and that `segment` does not have, or that has a wrong value. */
export function segmentParameters(
  parameters: RequestParameters,
  others: Readonly<Record<string, true>>,
): RefinedOptions {
  checkOptionNames(parameters, { ...Object.fromEntries(SEGMENT_PARAMETERS), ...others })
  const given = [...SEGMENT_PARAMETERS].filter(([name]) => parameters[name] !== undefined)
  return Object.fromEntries(
    given.map(([name, option]) => [option, readParameter(option, parameters[name], name)]),
  )
}

/** An option that has a meaning without a value takes `true` for it, and `false` for none. */
function readParameter(option: RefinedOption, value: unknown, name: string): unknown {
  const { preset } = OPTION_TEXTS[option]
  if (preset !== undefined && isFlag(value)) return String(value) === 'true' ? preset : undefined
  const found = optionFromText(option, String(value))
  if (found !== undefined) return found
  const expected = `${preset === undefined ? '' : 'true, false, '}${expectedText(option)}`
  throw new UserError(`${name}: expected ${expected}, got ${shown(value)}`)
}

const isFlag = (value: unknown) => /^(true|false)$/.test(String(value))

/** The message of the library with the name of a parameter in place of the option's. */
const withParameterName = (message: string): string =>
  message.replace(/^\w+(?=:)/, option =>
    [...SEGMENT_PARAMETERS.values()].includes(option as never) ? parameterName(option) : option,
  )

/** Throws a UserError if the network would see more pixels than `most` in all views of one photo, or of its windows together. */
function checkNetworkPixels(
  { scales = [1], flip = false, size, tile, overlap = DEFAULT_OVERLAP }: RefinedOptions,
  { photo, preprocessing, most }: { photo: Size; preprocessing: Preprocessing; most: number },
): void {
  const scale = size === undefined ? 1 : size / edgeOf(photo, preprocessing)
  const seen =
    tile === undefined
      ? (size ?? preprocessing.size) ** 2
      : tiledPixels(photo, { tile: tile / scale, overlap, align: 1 }) * scale ** 2
  const pixels = seen * scales.map(scale => scale ** 2).reduce((a, b) => a + b) * (flip ? 2 : 1)
  if (pixels > most)
    throw new UserError(
      `${tile === undefined ? '' : 'tile, '}size, scales and flip: the network would see ${megapixels(pixels)} megapixels, ` +
        `and the limit is ${megapixels(most)}`,
    )
}

const megapixels = (pixels: number): string => (pixels / 1e6).toFixed(1)

export function booleanOf(name: string, value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new UserError(`${name}: expected true or false, got ${shown(value)}`)
}

/** The bytes of an encoded photo, or decoded pixels. */
export type RequestPhoto = Uint8Array | Pixels

export interface PhotosRequest {
  photos: readonly RequestPhoto[]
  options: RefinedOptions
  /** Each is a run of its own. */
  outputs: readonly SegmentOutput[]
  /** The size of their scores. Default: photo. */
  at?: OutputOptions['at']
}

/** A photo and its results, in the order of `outputs`. */
export interface PhotoResult {
  image: Image
  found: Segmentation[]
}

/** The most bytes of the tensors of an answer. */
const MAX_ANSWER_BYTES = 2 ** 29

/**
 * Segments the photos of a request. Their queue in the queue and in memory are free again when the answer is sent. Throws a RequestError
 * if the queue is full, or if a photo or the answer would be too large; and a UserError for photos and options that make no sense.
 */
export async function segmentRequest(
  { limits, queue, pixels }: Service,
  served: ServedModel,
  request: PhotosRequest & { scope: RequestScope },
): Promise<PhotoResult[]> {
  const { photos, options, outputs, at, scope } = request
  const { config, state } = served.model
  scope.atEnd(served.users.enter())
  scope.atEnd(queue.take(photos.length))
  const channels = samplesIn(state.preprocessing)
  const size = await oneSize(photos, { most: limits.maxPixels, channels })
  checkNetworkPixels(options, {
    photo: size,
    preprocessing: state.preprocessing,
    most: limits.maxPixels,
  })
  const all = size.width * size.height * photos.length
  if (all > pixels.total)
    throw new RequestError(
      `${photos.length} photos of ${size.width}×${size.height} have ${megapixels(all)} megapixels, and the limit of a request is ${megapixels(pixels.total)}: send fewer at once`,
      { status: 413 },
    )
  const scores = outputs.filter(output => output !== 'mask').length * config.classes * 4
  const scored = at === 'network' ? networkPixels(options, state.preprocessing) * photos.length : all
  checkAnswer(all + scored * scores)
  scope.atEnd(await pixels.take(all, scope.signal))
  const images = await scope.measure('decode', () => decodeAll(photos, served, options))
  return Promise.all(images.map(image => runPhoto(image, served, request)))
}

/** The size of the photos, from their headers. A tensor has photos of one size. */
async function oneSize(
  photos: readonly RequestPhoto[],
  { most, channels }: { most: number; channels: number | undefined },
): Promise<Size> {
  const sizes: Size[] = []
  for (const [i, photo] of photos.entries()) {
    const { width, height } = await sizeOf(photo, { name: nameOf(i, photos), channels })
    sizes.push({ width, height })
    const text = `${nameOf(i, photos)}: ${width}×${height} pixels`
    if (width * height > most)
      throw new RequestError(`${text} is over the limit of ${megapixels(most)} megapixels`, { status: 413 })
    if (width !== sizes[0].width || height !== sizes[0].height)
      throw new UserError(
        `${text}: expected photos of one size, as a tensor has, and image[0] has ${sizes[0].width}×${sizes[0].height}`,
      )
  }
  return sizes[0]
}

/** The most pixels of scores at the network's size: several views and a CRF have those of its image, a single view at most a sixteenth. */
function networkPixels(
  { scales = [1], flip, crf, size }: RefinedOptions,
  preprocessing: Preprocessing,
): number {
  const isSingle = scales.length === 1 && scales[0] === 1 && !flip && crf === undefined
  return (size ?? preprocessing.size) ** 2 / (isSingle ? 16 : 1)
}

function checkAnswer(bytes: number): void {
  if (bytes > MAX_ANSWER_BYTES)
    throw new RequestError(
      `the answer would have ${mebibytes(bytes)}, and the limit is ${mebibytes(MAX_ANSWER_BYTES)}: send fewer or smaller photos`,
      { status: 413 },
    )
}

const sizeOf = async (
  photo: RequestPhoto,
  options: { name: string; channels: number | undefined },
): Promise<Size> => (photo instanceof Uint8Array ? readImageSize(photo, options) : photo)

const nameOf = (i: number, { length }: readonly RequestPhoto[]) => (length === 1 ? 'image' : `image[${i}]`)

function decodeAll(
  photos: readonly RequestPhoto[],
  { model }: ServedModel,
  options: RefinedOptions,
): Promise<Image[]> {
  const maxPixels = mostPixels(model.gpu, options)
  const channels = samplesIn(model.state.preprocessing)
  return Promise.all(
    photos.map((photo, i) => {
      const options = { maxPixels, name: nameOf(i, photos), channels }
      return photo instanceof Uint8Array ? readImage(photo, options) : readPixels(photo, options)
    }),
  )
}

async function runPhoto(
  image: Image,
  { batcher }: ServedModel,
  { options, outputs, at, scope: { signal, stages } }: PhotosRequest & { scope: RequestScope },
): Promise<PhotoResult> {
  const found: Segmentation[] = []
  const add = (stage: RequestStage, milliseconds: number) => {
    stages[stage] = Math.max(stages[stage] ?? 0, milliseconds)
  }
  for (const output of outputs) {
    const batched = await batcher.run({ image, options: { ...options, output, at } }, signal).catch(error => {
      throw forClient(error)
    })
    add('wait', batched.wait)
    add('gpu', batched.gpu)
    found.push(batched.found)
  }
  return { image, found }
}

/** The model's messages begin with a photo's index in its batch, which means nothing to the client, and have the library's names. */
function forClient(error: unknown): unknown {
  if (error instanceof UserError)
    error.message = withParameterName(error.message.replace(/^photos\[\d+\]: /, ''))
  return error
}
