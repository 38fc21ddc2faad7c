/** A decoded photo: 8-bit sRGB with opaque alpha, the right way up. */
export interface Image {
  /** Size of `data` in pixels; smaller than the photo's own where that was too large for the GPU. */
  width: number
  height: number
  /** Red, green, blue, alpha; row by row from the top: height · width · 4 bytes. */
  data: Uint8Array
  /** The photo's own size in pixels, as a viewer shows it (after its EXIF orientation). */
  originalWidth: number
  originalHeight: number
}
