// A photo in memory, as the network takes it.

import type { PhotoSize } from './inference_graph.ts'

/** A photo's pixels, and the size of its mask. */
export interface Photo extends PhotoSize {
  /** RGBA, height · width · 4 bytes. */
  data: Uint8Array
}

/** A photo whose mask has its own size. */
export const ownSize = ({ width, height }: { width: number; height: number }): PhotoSize => ({
  width,
  height,
  originalWidth: width,
  originalHeight: height,
})

/** The pixels of all photos, one photo after the other. */
export function pixelsOf(photos: Photo[]): Uint8Array {
  const bytes = photos[0].width * photos[0].height * 4
  const pixels = new Uint8Array(photos.length * bytes)
  photos.forEach(({ data }, i) => {
    pixels.set(data, i * bytes)
  })
  return pixels
}
