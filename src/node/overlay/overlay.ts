import sharp from 'sharp'
import { type ClassShare, isBackground } from '../../data/class_share.ts'
import type { Image } from '../../data/image.ts'
import { type LabelledMask, type TintOptions, tintPhoto } from '../../library/overlay_tint.ts'
import { drawLegend, type LegendEntry } from './overlay_legend.ts'

/**
 * A PNG of the photo tinted with the colours of its classes, with outlines, above a legend of names and shares. A mask of another
 * size than the photo is sampled at the nearest pixel.
 */
export async function renderOverlay(
  image: Image,
  labelled: LabelledMask,
  { legend: hasLegend = true, ...tint }: TintOptions & { legend?: boolean } = {},
): Promise<Uint8Array> {
  const { width, height } = image
  const tinted = sharp(tintPhoto(image, labelled, tint), { raw: { width, height, channels: 3 } })
  if (!hasLegend) return tinted.png().toBuffer()
  const legend = drawLegend(legendEntries(labelled.classes), width)
  return tinted
    .extend({ right: Math.max(0, legend.width - width), bottom: legend.height, background: 'white' })
    .composite([{ input: Buffer.from(legend.svg), left: 0, top: height }])
    .png()
    .toBuffer()
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
