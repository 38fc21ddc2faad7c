// A class map from the GPU's memory, reduced to few pixels.

import { usage } from '../../../src/gpu/buffers.ts'
import type { Gpu } from '../../../src/gpu/gpu.ts'
import type { GpuClassMap } from '../../../src/inference/segmenter.ts'
import type { ClassMap } from './class_spots.ts'

/** The longest edge. */
const MOST = 192

/** Reads as many rows back as the result has, each whole: a copy begins and ends at a multiple of four bytes. */
export async function reducedMap(gpu: Gpu, { mask, width, height }: GpuClassMap): Promise<ClassMap> {
  const scale = Math.min(1, MOST / Math.max(width, height))
  const reduced = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) }
  const starts = Array.from(
    { length: reduced.height },
    (_, row) => Math.floor(((row + 0.5) * height) / reduced.height) * width,
  )
  const size = 4 * Math.ceil((width + 3) / 4)
  const readback = gpu.device.createBuffer({
    label: 'rows of a class map',
    size: size * reduced.height,
    usage: usage.mapRead | usage.copyDestination,
  })
  try {
    gpu.submit('rows of a class map', encoder => {
      for (const [row, start] of starts.entries()) {
        const bytes = 4 * Math.ceil(((start % 4) + width) / 4)
        encoder.copyBufferToBuffer(mask, start - (start % 4), readback, row * size, bytes)
      }
    })
    const rows = await gpu.read(readback, size * reduced.height)
    const ids = new Uint8Array(reduced.width * reduced.height)
    for (const [row, start] of starts.entries())
      for (let x = 0; x < reduced.width; x++)
        ids[row * reduced.width + x] =
          rows[row * size + (start % 4) + Math.floor(((x + 0.5) * width) / reduced.width)]
    return { ids, ...reduced }
  } finally {
    readback.destroy()
  }
}
