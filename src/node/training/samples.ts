// Renders a picture of a model's progress: some photos of a dataset, their ground truth and the model's prediction.

import sharp, { type OverlayOptions } from 'sharp'
import { IGNORE_INDEX, type Labels } from '../../data/dataset.ts'
import { type Colour, displayPalette } from '../../data/palette.ts'
import { resampleMask } from '../../data/resample_mask.ts'
import type { EvaluatedImage } from '../../train/evaluate.ts'
import { drawLegend, type LegendEntry } from '../overlay/overlay_legend.ts'
import { textPath } from '../overlay/overlay_text.ts'

/** Longest side of a panel: three beside each other stay below 1600 pixels. */
const LARGEST_PANEL = 500

/** Photos whose longest side is smaller than this are enlarged by a whole factor to at least this size. */
const SMALL_PANEL = 192

/** The space around and between the panels, in pixels. */
const GAP = 10
const TEXT = 15

/** The colour of pixels that are not scored. */
const IGNORED: Colour = [190, 190, 190]

/** What is not an object is dark, so that objects stand out. */
const BACKGROUND: Colour = [32, 32, 32]

/** The indices of the images to show: `count` of `size`, spread evenly, always the same ones. */
export function spreadIndices(size: number, count: number): number[] {
  const shown = Math.min(size, count)
  return Array.from({ length: shown }, (_, i) => Math.floor(((i + 0.5) * size) / shown))
}

/** A photo, its ground truth and its prediction, all of one size. */
export interface SampleRow {
  width: number
  height: number
  /** RGB: height · width · 3 bytes. */
  photo: Buffer
  /** Class ids: ground truth, prediction. */
  masks: readonly [Uint8Array, Uint8Array]
}

/** Scales the three to the size of their panels. The photo itself is not kept. */
export async function sampleRow({ labelled, prediction }: Omit<EvaluatedImage, 'index'>): Promise<SampleRow> {
  const size = panelSize(labelled)
  const truth = resampleMask(labelled, size.width, size.height)
  const found = resampleMask({ ...labelled, mask: prediction }, size.width, size.height)
  const { image } = labelled
  const photo = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 4 } })
    .resize(size.width, size.height, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer()
  return { ...size, photo, masks: [truth, found] }
}

/** A PNG of the rows, one below another, with a heading above each column and a legend of the classes that occur. */
export async function renderSamples(
  rows: readonly SampleRow[],
  { classNames, headings }: { classNames: readonly string[]; headings: readonly [string, string, string] },
): Promise<Uint8Array> {
  const titles = headings.map(textSvg)
  const column = Math.max(...titles.map(({ width }) => width), ...rows.map(({ width }) => width))
  const left = (i: number) => GAP + i * (column + GAP)
  const layers = titles.map(({ svg }, i): OverlayOptions => ({ input: svg, left: left(i), top: GAP }))
  let top = 2 * GAP + TEXT
  const colours = coloursOf(classNames)
  for (const { photo, masks, width, height } of rows) {
    const panels = [photo, ...masks.map(mask => coloured(mask, colours))]
    for (const [i, input] of panels.entries())
      layers.push({ input, raw: { width, height, channels: 3 }, left: left(i), top })
    top += height + GAP
  }
  const legend = drawLegend(legendEntries(rows, classNames, colours), left(3))
  layers.push({ input: Buffer.from(legend.svg), left: 0, top })
  const size = { width: Math.max(left(3), legend.width), height: top + legend.height }
  return sharp({ create: { ...size, channels: 3, background: 'white' } })
    .composite(layers)
    .removeAlpha()
    .png()
    .toBuffer()
}

function panelSize({ width, height }: Labels): { width: number; height: number } {
  const longest = Math.max(width, height)
  const factor = longest > LARGEST_PANEL ? LARGEST_PANEL / longest : Math.ceil(SMALL_PANEL / longest)
  const scaled = (side: number) => Math.max(1, Math.round(side * factor))
  return { width: scaled(width), height: scaled(height) }
}

/** By class id, and that of pixels which are not scored. */
type Colours = readonly Colour[]

const coloursOf = (classNames: readonly string[]): Colours =>
  displayPalette.map((colour, id) => {
    if (id === IGNORE_INDEX) return IGNORED
    return id === 0 && classNames[0] === 'background' ? BACKGROUND : colour
  })

function coloured(mask: Uint8Array, colours: Colours): Buffer {
  const rgb = Buffer.alloc(mask.length * 3)
  mask.forEach((id, i) => {
    rgb.set(colours[id], i * 3)
  })
  return rgb
}

function legendEntries(
  rows: readonly SampleRow[],
  classNames: readonly string[],
  colours: Colours,
): LegendEntry[] {
  const ids = new Set(rows.flatMap(({ masks }) => masks.flatMap(mask => [...mask])))
  return [...ids]
    .sort((a, b) => a - b)
    .map(id => ({ label: id === IGNORE_INDEX ? 'not scored' : classNames[id], colour: colours[id] }))
}

function textSvg(text: string): { svg: Buffer; width: number } {
  const { path, width } = textPath(text, { x: 0, y: TEXT, size: TEXT })
  const size = { width: Math.ceil(width), height: Math.ceil(TEXT * 1.3) }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><path d="${path}" fill="#222"/></svg>`
  return { svg: Buffer.from(svg), width: size.width }
}
