// Renders a picture of a model's progress: some photos of a dataset, their ground truth and the model's prediction.

import sharp, { type OverlayOptions } from 'sharp'
import { IGNORE_INDEX, type Labels } from '../../data/dataset.ts'
import { type Colour, vocColour } from '../../data/palette.ts'
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

/** The indices of the images to show: `count` of `size`, spread evenly, always the same ones. */
export function spreadIndices(size: number, count: number): number[] {
  const shown = Math.min(size, count)
  return Array.from({ length: shown }, (_, i) => Math.floor(((i + 0.5) * size) / shown))
}

/** An RGB picture: height · width · 3 bytes. */
interface Panel {
  data: Buffer
  width: number
  height: number
}

/** A photo, its ground truth and its prediction, all of one size. */
export interface SampleRow {
  panels: Panel[]
  /** Class ids in the ground truth or the prediction. */
  ids: Set<number>
}

/** Renders three panels at their final size. The photo itself is not kept. */
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
  return {
    panels: [photo, coloured(truth), coloured(found)].map(data => ({ data, ...size })),
    ids: new Set([...truth, ...found]),
  }
}

/** A PNG of the rows, one below another, with a heading above each column and a legend of the classes that occur. */
export async function renderSamples(
  rows: readonly SampleRow[],
  { classNames, headings }: { classNames: readonly string[]; headings: readonly [string, string, string] },
): Promise<Uint8Array> {
  const titles = headings.map(textSvg)
  const column = Math.max(...titles.map(({ width }) => width), ...rows.map(({ panels }) => panels[0].width))
  const left = (i: number) => GAP + i * (column + GAP)
  const layers = titles.map(({ svg }, i): OverlayOptions => ({ input: svg, left: left(i), top: GAP }))
  let top = 2 * GAP + TEXT
  for (const { panels } of rows) {
    for (const [i, { data, width, height }] of panels.entries())
      layers.push({ input: data, raw: { width, height, channels: 3 }, left: left(i), top })
    top += panels[0].height + GAP
  }
  const legend = drawLegend(legendEntries(rows, classNames), left(3))
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

function coloured(mask: Uint8Array): Buffer {
  const rgb = Buffer.alloc(mask.length * 3)
  mask.forEach((id, i) => {
    rgb.set(colourOf(id), i * 3)
  })
  return rgb
}

const colourOf = (id: number): Colour => (id === IGNORE_INDEX ? IGNORED : vocColour(id))

function legendEntries(rows: readonly SampleRow[], classNames: readonly string[]): LegendEntry[] {
  const ids = new Set(rows.flatMap(row => [...row.ids]))
  return [...ids]
    .sort((a, b) => a - b)
    .map(id => ({ label: id === IGNORE_INDEX ? 'not scored' : classNames[id], colour: colourOf(id) }))
}

function textSvg(text: string): { svg: Buffer; width: number } {
  const { path, width } = textPath(text, { x: 0, y: TEXT, size: TEXT })
  const size = { width: Math.ceil(width), height: Math.ceil(TEXT * 1.3) }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><path d="${path}" fill="#222"/></svg>`
  return { svg: Buffer.from(svg), width: size.width }
}
