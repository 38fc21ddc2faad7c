import type { Labels } from './dataset.ts'

/** The class ids at another size. Each comes from the mask pixel that covers the centre of the new pixel. */
export function resampleMask(source: Labels, width: number, height: number): Uint8Array {
  if (source.width === width && source.height === height) return source.mask
  const columns = Uint32Array.from({ length: width }, (_, x) => ((x + 0.5) * source.width) / width)
  const resampled = new Uint8Array(height * width)
  for (let y = 0; y < height; y++) {
    const sourceRow = Math.floor(((y + 0.5) * source.height) / height) * source.width
    for (let x = 0; x < width; x++) resampled[y * width + x] = source.mask[sourceRow + columns[x]]
  }
  return resampled
}
