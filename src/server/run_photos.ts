// From a request's photos to results: header, place in the queue, memory, pixels, model.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'

import type { RefinedOptions, SegmentOutput } from '../inference/inference_options.ts'
import { pixelsOn, type Size } from '../library/photo_size.ts'
import type { Pixels } from '../library/pixels.ts'
import { readImage, readImageSize } from '../node/images/image.ts'
import { readPixels } from '../node/images/image_source.ts'
import type { Segmentation } from '../node/segmentation.ts'
import { RequestError } from './request_error.ts'
import type { RequestScope, RequestStage } from './request_scope.ts'
import { checkNetworkPixels, megapixels, withParameterName } from './segment_parameters.ts'
import type { ServedModel } from './served_models.ts'
import type { Service } from './service.ts'

/** The bytes of an encoded photo, or decoded pixels. */
export type RequestPhoto = Uint8Array | Pixels

export interface PhotosRequest {
  photos: readonly RequestPhoto[]
  options: RefinedOptions
  /** Each is a run of its own. */
  outputs: readonly SegmentOutput[]
}

/** A photo and its results, in the order of `outputs`. */
export interface PhotoResult {
  image: Image
  found: Segmentation[]
}

/** The most bytes of the tensors of an answer. */
const MAX_ANSWER_BYTES = 2 ** 29

/**
 * Segments the photos of a request. Their places in the queue and in memory are free again when the answer is sent. Throws a RequestError
 * if the queue is full, or if a photo or the answer would be too large; and a UserError for photos and options that make no sense.
 */
export async function runPhotos(
  { limits, places, pixels }: Service,
  served: ServedModel,
  request: PhotosRequest & { scope: RequestScope },
): Promise<PhotoResult[]> {
  const { photos, options, outputs, scope } = request
  const { config, state } = served.model
  scope.atEnd(served.users.enter())
  checkNetworkPixels(options, { modelSize: state.preprocessing.size, most: limits.maxPixels })
  scope.atEnd(places.take(photos.length))
  const size = await oneSize(photos, limits.maxPixels)
  const all = size.width * size.height * photos.length
  if (all > pixels.total)
    throw new RequestError(
      `${photos.length} photos of ${size.width}×${size.height} have ${megapixels(all)} megapixels, and the limit of a request is ${megapixels(pixels.total)}: send fewer at once`,
      { status: 413 },
    )
  const scores = outputs.filter(output => output !== 'mask').length
  checkAnswer(all * (1 + scores * config.classes * 4))
  scope.atEnd(await pixels.take(all, scope.signal))
  const images = await scope.measure('decode', () => decodeAll(photos, served))
  return Promise.all(images.map(image => runPhoto(image, served, request)))
}

/** The size of the photos, from their headers. A tensor has photos of one size. */
async function oneSize(photos: readonly RequestPhoto[], most: number): Promise<Size> {
  const sizes: Size[] = []
  for (const [i, photo] of photos.entries()) {
    const { width, height } = await sizeOf(photo, nameOf(i, photos))
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

function checkAnswer(bytes: number): void {
  if (bytes > MAX_ANSWER_BYTES)
    throw new RequestError(
      `the answer would have ${mebibytes(bytes)}, and the limit is ${mebibytes(MAX_ANSWER_BYTES)}: send fewer or smaller photos`,
      { status: 413 },
    )
}

const sizeOf = async (photo: RequestPhoto, name: string): Promise<Size> =>
  photo instanceof Uint8Array ? readImageSize(photo, { name }) : photo

const nameOf = (i: number, { length }: readonly RequestPhoto[]) => (length === 1 ? 'image' : `image[${i}]`)

function decodeAll(photos: readonly RequestPhoto[], { model }: ServedModel): Promise<Image[]> {
  const maxPixels = pixelsOn(model.gpu)
  return Promise.all(
    photos.map((photo, i) => {
      const options = { maxPixels, name: nameOf(i, photos) }
      return photo instanceof Uint8Array ? readImage(photo, options) : readPixels(photo, options)
    }),
  )
}

async function runPhoto(
  image: Image,
  { batcher }: ServedModel,
  { options, outputs, scope: { signal, stages } }: PhotosRequest & { scope: RequestScope },
): Promise<PhotoResult> {
  const found: Segmentation[] = []
  const add = (stage: RequestStage, milliseconds: number) => {
    stages[stage] = Math.max(stages[stage] ?? 0, milliseconds)
  }
  for (const output of outputs) {
    const batched = await batcher.run(image, { ...options, output }, signal).catch(error => {
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
