// Photos as pixels, by drawing them on a white canvas.

import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { checkPixels, isOpaque, MAX_PHOTO_PIXELS, type Size, sizeWithin } from '../library/pixels.ts'
import type { Drawable } from './drawable.ts'

interface DrawOptions {
  /** The most pixels of the result; a larger photo is shrunk. */
  maxPixels: number
  /** The name in messages. */
  name: string
}

/** The opaque RGBA pixels of a photo of this size. Throws a UserError if the browser does not let the page read them. */
export function draw(source: Drawable, original: Size, { maxPixels, name }: DrawOptions): Image {
  const { width: originalWidth, height: originalHeight } = original
  if (originalWidth * originalHeight > MAX_PHOTO_PIXELS)
    throw new UserError(
      `${name}: ${originalWidth}×${originalHeight} pixels is over the limit of ${Math.floor(MAX_PHOTO_PIXELS / 1e6)} megapixels`,
    )
  const { width, height } = sizeWithin(maxPixels, original)
  const { data } = pixelsOf(source, { width, height }, name)
  // Beyond its largest canvas a browser draws nothing, and says nothing.
  if (data[3] !== 255) throw tooLarge(name, { width, height })
  return { width, height, data: new Uint8Array(data.buffer), originalWidth, originalHeight }
}

function pixelsOf(source: Drawable, { width, height }: Size, name: string): ImageData {
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
    context.imageSmoothingQuality = 'high'
    context.fillStyle = 'white'
    context.fillRect(0, 0, width, height)
    context.drawImage(source, 0, 0, width, height)
    return context.getImageData(0, 0, width, height)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError')
      throw new UserError(
        `${name}: from another server, which does not let this page read it: set the attribute crossorigin, if that server allows it`,
        { cause: error },
      )
    throw tooLarge(name, { width, height }, error)
  }
}

const tooLarge = (name: string, { width, height }: Size, cause?: unknown) =>
  new UserError(`${name}: this browser has no canvas for ${width}×${height} pixels`, { cause })

/** Decoded pixels as opaque RGBA of at most `maxPixels`. Throws a UserError that names the field if they do not match `Pixels`. */
export async function readPixels(source: object, options: DrawOptions): Promise<Image> {
  const { maxPixels, name } = options
  if (source instanceof ImageData && source.colorSpace !== 'srgb') return drawPixels(source, source, options)
  const { size, channels, bytes, originals } = checkPixels(source, name)
  const fits = size.width * size.height <= maxPixels
  if (fits && channels === 4 && isOpaque(bytes)) return { ...size, data: bytes, ...originals }
  const rgba = onWhite(bytes, channels)
  if (fits) return { ...size, data: new Uint8Array(rgba.buffer), ...originals }
  return { ...(await drawPixels(new ImageData(rgba, size.width), size, options)), ...originals }
}

async function drawPixels(pixels: ImageData, size: Size, options: DrawOptions): Promise<Image> {
  const bitmap = await createImageBitmap(pixels, { premultiplyAlpha: 'none' })
  try {
    return draw(bitmap, size, options)
  } finally {
    bitmap.close()
  }
}

/** RGB or RGBA as opaque RGBA. */
function onWhite(bytes: Uint8Array, channels: 3 | 4): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((bytes.length / channels) * 4) // rounds on assignment
  for (let from = 0, to = 0; from < bytes.length; from += channels, to += 4) {
    const alpha = channels === 4 ? bytes[from + 3] / 255 : 1
    for (let channel = 0; channel < 3; channel++)
      rgba[to + channel] = 255 + (bytes[from + channel] - 255) * alpha
    rgba[to + 3] = 255
  }
  return rgba
}
