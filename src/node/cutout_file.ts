// Cut-outs as files, and the pictures behind them.

import sharp from 'sharp'
import type { CutoutOptionsOf, Picture } from '../library/cutout.ts'
import { MAX_PHOTO_PIXELS, type Size } from '../library/pixels.ts'
import { type ImageSource, readSource } from './images/image_source.ts'

/** A picture scaled to cover a size; what is beyond its middle is cut off. */
export async function cover(picture: ImageSource, { width, height }: Size): Promise<Picture> {
  const image = await readSource(picture, { maxPixels: MAX_PHOTO_PIXELS, name: 'picture' })
  const covering = opened(image).resize(width, height, { fit: 'cover' })
  return { data: new Uint8Array(await covering.raw().toBuffer()), width, height }
}

export const encodePicture = (picture: Picture, { format = 'png' }: CutoutOptionsOf): Promise<Uint8Array> =>
  opened(picture).toFormat(format).toBuffer()

const opened = ({ data, width, height }: Picture) => sharp(data, { raw: { width, height, channels: 4 } })
