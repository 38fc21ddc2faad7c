// Cut-outs as files, and the pictures behind them.

import sharp from 'sharp'
import { type CutoutLayers, type CutoutOptionsOf, onBackground, type Picture } from '../library/cutout.ts'
import { MAX_PHOTO_PIXELS, type Size } from '../library/pixels.ts'
import { type ImageSource, readSource } from './images/image_source.ts'

/** The file of a cut-out on its background. */
export async function cutoutFile(
  layers: CutoutLayers,
  { background, format = 'png' }: CutoutOptionsOf<ImageSource>,
): Promise<Uint8Array> {
  return opened(await onBackground(layers, background, cover))
    .toFormat(format)
    .toBuffer()
}

/** A picture scaled to cover a size; what is beyond its middle is cut off. */
async function cover(picture: ImageSource, { width, height }: Size): Promise<Picture> {
  const image = await readSource(picture, { maxPixels: MAX_PHOTO_PIXELS, name: 'picture' })
  const covering = opened(image).resize(width, height, { fit: 'cover' })
  return { data: new Uint8Array(await covering.raw().toBuffer()), width, height }
}

const opened = ({ data, width, height }: Picture) => sharp(data, { raw: { width, height, channels: 4 } })
