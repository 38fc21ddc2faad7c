// A photo whose work is on the GPU while its caller prepares the next one.

import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { ClassMap } from './class_map.ts'
import type { GpuSegmentOptions } from './on_gpu.ts'
import type { Photo } from './photo.ts'
import type { Segmenter } from './segmenter.ts'

/**
 * Resolves when the photo's work is submitted, before the GPU has done it. The function waits for the class map, and is called once.
 * Until then more photos may be submitted, so that the GPU need not wait. Each has a buffer of its own for its class map. Throws as
 * `Segmenter.segmentOnGpu` does.
 */
export async function submitPhoto(
  gpu: Gpu,
  segmenter: Segmenter,
  photo: Photo,
  options: Omit<GpuSegmentOptions, 'into'> = {},
): Promise<() => Promise<ClassMap>> {
  const pixels = photo.originalWidth * photo.originalHeight
  const readback = await gpu.allocate('class map read', pixels, usage.mapRead | usage.copyDestination)
  try {
    const { width, height } = await segmenter.segmentOnGpu(photo, { ...options, into: readback })
    return async () => {
      try {
        const mask = await gpu.read(readback, Math.ceil((width * height) / 4) * 4)
        return { mask: mask.subarray(0, width * height), width, height }
      } finally {
        gpu.release(readback)
      }
    }
  } catch (error) {
    gpu.release(readback)
    throw error
  }
}
