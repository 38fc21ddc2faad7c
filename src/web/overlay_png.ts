// Photos with their masks over them, as PNGs: a page loads this when it asks for the first one.

import type { Image } from '../data/image.ts'
import { type LabelledMask, type TintOptions, tintPhoto } from '../library/overlay.ts'

/** A PNG of the photo, tinted as `tintPhoto` does. */
export function overlayPng(photo: Image, labelled: LabelledMask, options: TintOptions): Promise<Blob> {
  const { width, height } = photo
  const rgb = tintPhoto(photo, labelled, options)
  const tinted = new ImageData(width, height)
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    tinted.data.set(rgb.subarray(from, from + 3), to)
    tinted.data[to + 3] = 255
  }
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')!.putImageData(tinted, 0, 0)
  return canvas.convertToBlob()
}
