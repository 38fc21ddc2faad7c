// Reads a class map back from the GPU.

import type { Gpu, GpuClassMap } from '../../../src/web/index.ts'

/** Class ids, row by row from the top: height · width bytes. */
export async function maskBytes(gpu: Gpu, { mask, width, height }: GpuClassMap): Promise<Uint8Array> {
  const pixels = width * height
  return (await gpu.download(mask, Math.ceil(pixels / 4) * 4)).subarray(0, pixels)
}
