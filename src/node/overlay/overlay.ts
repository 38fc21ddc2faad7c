// The photo with its mask over it, as a PNG.

import sharp from 'sharp'
import { type ClassShare, isBackground } from '../../data/class_share.ts'
import type { Image } from '../../data/image.ts'
import type { Colour } from '../../data/palette.ts'
import {
  DRAW_OPTIONS,
  type DrawOptions,
  drawOptions,
  type LabelledMask,
  type TintOptions,
  tintPhoto,
} from '../../library/overlay.ts'
import { type DeclaredOptions, FLAG } from '../../options.ts'
import type { drawLegend, LegendEntry } from './overlay_legend.ts'

export interface OverlayOptions extends DrawOptions {
  /** Whether a legend with the classes' names and shares is drawn below the photo. Default true. */
  legend?: boolean
}

const OVERLAY_OPTIONS: DeclaredOptions<OverlayOptions> = { ...DRAW_OPTIONS, legend: FLAG }

/** The options, with a palette that has a colour for each class. Throws a UserError if they are invalid. */
export function overlayOptions(
  options: OverlayOptions,
  classes: number,
): OverlayOptions & { palette: readonly Colour[] } {
  return drawOptions(options, classes, OVERLAY_OPTIONS)
}

type DrawLegend = typeof drawLegend

/**
 * A PNG of the photo tinted with the colours of its classes, with outlines, above a legend of names and shares. A mask of another
 * size than the photo is sampled at the nearest pixel.
 */
export async function renderOverlay(
  image: Image,
  labelled: LabelledMask,
  { legend = true, ...tint }: TintOptions & { legend?: boolean } = {},
): Promise<Uint8Array> {
  // The legend with its font is loaded only when needed.
  const { drawLegend } = legend ? await import('./overlay_legend.ts') : {}
  return encodeOverlay(image, labelled, { ...tint, drawLegend })
}

/** The same, with a legend if there is a function that draws it. */
export async function encodeOverlay(
  image: Image,
  labelled: LabelledMask,
  { drawLegend, ...tint }: TintOptions & { drawLegend?: DrawLegend },
): Promise<Uint8Array> {
  const { width, height } = image
  const photo = { width, height, data: tintPhoto(image, labelled, tint) }
  if (!drawLegend) return encodePngOf(photo)
  const legend = drawLegend(legendEntries(labelled.classes), width)
  const data = await sharp(Buffer.from(legend.svg)).flatten({ background: 'white' }).raw().toBuffer()
  return encodePngOf(below(photo, { ...legend, data }))
}

/** Pixels of three channels: red, green and blue. */
interface Picture {
  width: number
  height: number
  data: Uint8Array | Uint8ClampedArray
}

const encodePngOf = ({ data, width, height }: Picture): Promise<Uint8Array> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()

/** A picture with another one below it, on white. `sharp`'s own way to do this takes longer than the PNG. */
function below(upper: Picture, lower: Picture): Picture {
  const width = Math.max(upper.width, lower.width)
  const height = upper.height + lower.height
  const data = new Uint8Array(width * height * 3).fill(255)
  let row = 0
  for (const picture of [upper, lower])
    for (let y = 0; y < picture.height; y++, row++) {
      const from = y * picture.width * 3
      data.set(picture.data.subarray(from, from + picture.width * 3), row * width * 3)
    }
  return { width, height, data }
}

/** The largest share first. The background, which the overlay does not tint, is an empty white frame. */
function legendEntries(classes: readonly ClassShare[]): LegendEntry[] {
  return [...classes]
    .sort((a, b) => b.share - a.share)
    .map(shown => ({
      label: `${shown.name} ${percent(shown.share)}`,
      colour: isBackground(shown) ? [255, 255, 255] : shown.colour,
    }))
}

/** 0.234 as "23.4 %". */
function percent(share: number): string {
  const inPercent = share * 100
  return inPercent > 0 && inPercent < 0.1 ? '< 0.1 %' : `${inPercent.toFixed(1)} %`
}
