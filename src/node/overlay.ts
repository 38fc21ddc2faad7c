import sharp from 'sharp'
import type { Image } from '../data/image.ts'
import { drawLegend } from './overlay_legend.ts'
import { type LabelledMask, tintPhoto } from './overlay_tint.ts'

/**
 * A PNG to look at: the photo in the colours of its classes, with their outlines, above a legend of names and shares.
 * A mask of another size than the photo is sampled at the nearest pixel.
 */
export async function renderOverlay(image: Image, labelled: LabelledMask): Promise<Uint8Array> {
  const { width, height } = image
  const legend = drawLegend(labelled.classes, width)
  return sharp(tintPhoto(image, labelled), { raw: { width, height, channels: 3 } })
    .extend({ right: Math.max(0, legend.width - width), bottom: legend.height, background: 'white' })
    .composite([{ input: Buffer.from(legend.svg), left: 0, top: height }])
    .png()
    .toBuffer()
}
