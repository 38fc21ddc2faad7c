// A photo with its class map, both on the GPU.

import type { Image } from '../data/image.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto, Segmenter } from '../inference/segmenter.ts'
import { pixelsOn } from '../library/pixels.ts'
import { FrameReader } from './frames/frame_reader.ts'
import { frameSize, isFrame } from './frames/frame_source.ts'
import { checkOnGpuOptions, type OnGpuOptions } from './on_gpu_options.ts'
import { type ImageSource, readSource } from './photo_source.ts'

/** The result for a photo, on the GPU, until it is released. */
export interface GpuSegmentation {
  /** The pixels that were segmented: smaller than the photo's if that is too large for the GPU. */
  photo: GpuPhoto
  /** The class of each pixel, as a buffer with the usages `STORAGE` and `COPY_SRC`. */
  map: GpuClassMap
  /** Frees the photo's buffer and the map's, which may be another by then. */
  release(): void
}

/** Resolves when the work is submitted, before the GPU has done it. */
export async function segmentOnGpu(
  { gpu, segmenter }: { gpu: Gpu; segmenter: Segmenter },
  source: ImageSource | GPUTexture,
  options: OnGpuOptions,
): Promise<GpuSegmentation> {
  checkOnGpuOptions(options)
  const { photo, image, release } = await photoOnGpu(gpu, source, options)
  try {
    const map = image
      ? await mappedOnGpu(gpu, segmenter, image, options)
      : await segmenter.segmentOnGpu(photo, options)
    const found: GpuSegmentation = {
      photo,
      map,
      release() {
        release()
        gpu.release(found.map.mask)
      },
    }
    return found
  } catch (error) {
    release()
    throw error
  }
}

/** Segments a photo in tiles or with a CRF, and copies its class map to the GPU. */
async function mappedOnGpu(
  gpu: Gpu,
  segmenter: Segmenter,
  image: Image,
  options: OnGpuOptions,
): Promise<GpuClassMap> {
  const [{ mask, width, height }] = await segmenter.segment([image], options)
  const bytes = new Uint8Array(Math.ceil(mask.length / 4) * 4)
  bytes.set(mask)
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const buffer = await gpu.allocate('mask', bytes.length, flags)
  gpu.device.queue.writeBuffer(buffer, 0, bytes)
  return { mask: buffer, width, height }
}

interface Held {
  photo: GpuPhoto
  /** Its pixels, if it is to be segmented in tiles or with a CRF. */
  image?: Image
  release(): void
}

/** Frames stay on the GPU; other photos are decoded as `segment` decodes them. */
async function photoOnGpu(
  gpu: Gpu,
  source: ImageSource | GPUTexture,
  { signal, tile, crf }: OnGpuOptions,
): Promise<Held> {
  signal?.throwIfAborted()
  const isMapped = tile !== undefined || crf !== undefined
  if (isFrame(source) && !isMapped) {
    const size = await frameSize(source, 'photo')
    if (size.width * size.height <= pixelsOn(gpu)) {
      const reader = await FrameReader.create(gpu, size)
      await reader.read(source)
      return { photo: reader.photo, release: () => reader.destroy() }
    }
  }
  const image = await readSource(source, { maxPixels: pixelsOn(gpu), name: 'photo', signal })
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const data = await gpu.allocate('photo', image.data.length, flags)
  gpu.device.queue.writeBuffer(data, 0, image.data as BufferSource)
  const photo = { ...image, data }
  return { photo, image: isMapped ? image : undefined, release: () => gpu.release(data) }
}
