// Converts photos that are already decoded, such as an ImageData, to the network's input.

import sharp from 'sharp'
import type { Image } from '../../data/image.ts'
import { checkPixels, isOpaque, MAX_PHOTO_PIXELS, sizeWithin } from '../../library/pixels.ts'

/**
 * Converts a photo to opaque RGBA of at most `maxPixels`. Throws a UserError that names the field if the photo does not match
 * `Pixels`.
 */
export async function readPixels(
  source: object,
  { name, maxPixels }: { name: string; maxPixels: number },
): Promise<Image> {
  const { size, channels, bytes, originals } = checkPixels(source, name)
  const within = sizeWithin(maxPixels, size)
  const fits = within.width === size.width && within.height === size.height
  if (channels === 4 && fits && isOpaque(bytes)) return { ...size, data: bytes, ...originals }
  const raw = { ...size, channels }
  const { buffer, byteOffset, length } = await sharp(bytes, { raw, limitInputPixels: MAX_PHOTO_PIXELS })
    .resize(within.width, within.height, { fit: 'fill' })
    .flatten({ background: 'white' })
    .ensureAlpha()
    .raw()
    .toBuffer()
  return { ...within, data: new Uint8Array(buffer, byteOffset, length), ...originals }
}
