// One picture of a photo and of what several networks see in it.

import sharp from 'sharp'
import { type ClassShare, isBackground } from '../../data/class_share.ts'
import type { Image } from '../../data/image.ts'
import { drawLegend, type LegendEntry } from './overlay_legend.ts'
import { textPath } from './overlay_text.ts'

export interface ComparedPicture {
  title: string
  /** A PNG of the photo's size; without it, the place is empty. */
  png?: Uint8Array
  classes: readonly ClassShare[]
}

/** Sizes in pixels. A cell is as wide as the photo, but at most so wide. */
const WIDEST_CELL = 480
const MARGIN = 12
const TEXT = 15
const COLUMNS = 3

/** A PNG: the photo, then the pictures, row by row, each below its title; and a legend of the classes in any of them. */
export async function renderComparison(
  photo: Image,
  pictures: readonly ComparedPicture[],
): Promise<Uint8Array> {
  const width = Math.min(WIDEST_CELL, photo.width)
  const height = Math.max(1, Math.round((photo.height * width) / photo.width))
  const original = sharp(photo.data, { raw: { width: photo.width, height: photo.height, channels: 4 } })
  const cells = [
    { title: 'photo', image: original },
    ...pictures.map(({ title, png }) => ({ title, image: png ? sharp(png) : empty(width, height) })),
  ]
  const columns = Math.min(COLUMNS, cells.length)
  const rowHeight = height + TEXT * 2
  const picturesWidth = MARGIN + columns * (width + MARGIN)
  const picturesHeight = MARGIN + Math.ceil(cells.length / columns) * (rowHeight + MARGIN)
  const legend = drawLegend(entriesOf(pictures), picturesWidth)
  const size = {
    width: Math.max(picturesWidth, legend.width),
    height: picturesHeight + legend.height,
  }
  const placed = cells.map((cell, index) => ({
    ...cell,
    left: MARGIN + (index % columns) * (width + MARGIN),
    top: MARGIN + Math.floor(index / columns) * (rowHeight + MARGIN),
  }))
  const titles = placed.map(({ title, left, top }) => {
    const { path } = textPath(fitting(title, width), { x: left, y: top + TEXT * 1.2, size: TEXT })
    return `<path d="${path}" fill="#222"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${titles.join('')}</svg>`
  const images = await Promise.all(
    placed.map(async ({ image, left, top }) => ({
      input: await image.resize(width, height, { fit: 'fill' }).removeAlpha().png().toBuffer(),
      left,
      top: top + TEXT * 2,
    })),
  )
  return sharp({ create: { ...size, channels: 3, background: 'white' } })
    .composite([
      { input: Buffer.from(svg), left: 0, top: 0 },
      ...images,
      { input: Buffer.from(legend.svg), left: 0, top: picturesHeight },
    ])
    .png()
    .toBuffer()
}

const empty = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#eee' } })

/** Each class once, in the order of the ids: networks may have other names for one id. */
function entriesOf(pictures: readonly ComparedPicture[]): LegendEntry[] {
  const all = pictures.flatMap(({ classes }) => classes).sort((a, b) => a.id - b.id)
  const byName = new Map(all.map(shown => [`${shown.id} ${shown.name}`, shown]))
  return [...byName.values()].map(shown => ({
    label: shown.name,
    colour: isBackground(shown) ? [255, 255, 255] : shown.colour,
  }))
}

/** The beginning of a text, as much of it as fits in a width. */
function fitting(text: string, width: number): string {
  const isTooWide = (part: string) => textPath(part, { x: 0, y: 0, size: TEXT }).width > width
  if (!isTooWide(text)) return text
  let end = text.length
  while (end > 1 && isTooWide(`${text.slice(0, end)}…`)) end--
  return `${text.slice(0, end)}…`
}
