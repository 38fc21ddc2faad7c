import type { Samples } from '../model/preprocessing.ts'

/** A decoded photo: 8-bit sRGB with opaque alpha, upright. */
export interface Image {
  /** The size of `data` in pixels. It is smaller than the photo's own size if that is too large for the GPU. */
  width: number
  height: number
  /** Red, green, blue, alpha; row by row from the top: height · width · 4 bytes. */
  data: Uint8Array
  /** The channels of an image that is not a photo, which the network sees. `data` is then a picture of them. */
  samples?: Samples
  /** The photo's own size in pixels, after its EXIF orientation. */
  originalWidth: number
  originalHeight: number
}
