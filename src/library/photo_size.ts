// The size of the largest photo, and of a photo that is shrunk for a GPU.

import type { Gpu } from '../gpu/gpu.ts'

/**
 * The largest photo that is decoded, 16 384 × 16 384: far larger than any camera's, far smaller than a hostile header can state.
 */
export const MAX_PHOTO_PIXELS = 2 ** 28

export interface Size {
  width: number
  height: number
}

/** The most pixels that a buffer of a GPU can hold, at 4 bytes each. */
export const pixelsOn = ({ limits }: Gpu): number => Math.floor(limits.maxBufferSize / 4)

/** The size itself if it fits, else the largest size of about the same aspect ratio with at most maxPixels. */
export function sizeWithin(maxPixels: number, { width, height }: Size): Size {
  if (width * height <= maxPixels) return { width, height }
  const scale = Math.sqrt(maxPixels / (width * height))
  const smallerWidth = Math.min(Math.max(1, Math.floor(width * scale)), maxPixels)
  const smallerHeight = Math.min(
    Math.max(1, Math.floor(height * scale)),
    Math.floor(maxPixels / smallerWidth),
  )
  return { width: smallerWidth, height: smallerHeight }
}
