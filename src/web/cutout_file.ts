// Cut-outs as files, and the pictures behind them: a page loads this when it asks for the first one.

import { UserError } from '../errors.ts'
import { type CutoutLayers, type CutoutOptionsOf, onBackground, type Picture } from '../library/cutout.ts'
import { MAX_PHOTO_PIXELS, type Size } from '../library/pixels.ts'
import { type ImageSource, readSource } from './photo_source.ts'

/** A picture scaled to cover a size; what is beyond its middle is cut off. */
export async function cover(picture: ImageSource | Picture, { width, height }: Size): Promise<Picture> {
  const image = await readSource(picture, { maxPixels: MAX_PHOTO_PIXELS, name: 'picture' })
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.imageSmoothingQuality = 'high'
  const scale = Math.max(width / image.width, height / image.height)
  const [drawnWidth, drawnHeight] = [image.width * scale, image.height * scale]
  const left = (width - drawnWidth) / 2
  const top = (height - drawnHeight) / 2
  context.drawImage(canvasOf(image), left, top, drawnWidth, drawnHeight)
  return { data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer), width, height }
}

/**
 * The file of a cut-out on its background. Throws a UserError if the browser cannot write the format: some give a PNG in its place.
 */
export async function cutoutFile(
  layers: CutoutLayers,
  { background, format = 'png' }: CutoutOptionsOf<ImageSource>,
): Promise<Blob> {
  const picture = await onBackground(layers, background, cover)
  const type = `image/${format}`
  const blob = await canvasOf(picture).convertToBlob({ type })
  if (blob.type !== type) throw new UserError(`format: this browser cannot write ${format}`)
  return blob
}

function canvasOf({ data, width, height }: Picture): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0)
  return canvas
}
