import { type ClassShare, isBackground } from '../data/class_share.ts'
import { textPath } from './overlay_text.ts'

/** An SVG whose text is drawn as paths, so that it looks alike on machines with and without fonts. */
export interface Legend {
  svg: string
  /** Size in whole pixels. */
  width: number
  height: number
}

/** The text's size is a fiftieth of the photo's width, within what is readable and what is still a legend, in pixels. */
const SMALLEST_TEXT = 14
const LARGEST_TEXT = 64

/**
 * The legend below a photo of the given width: for each class, largest share first, its colour, name and share, in as many
 * columns as fit. Wider than the photo only where not even one column fits.
 */
export function drawLegend(classes: readonly ClassShare[], photoWidth: number): Legend {
  const size = Math.round(Math.min(LARGEST_TEXT, Math.max(SMALLEST_TEXT, photoWidth / 50)))
  const entries = [...classes]
    .sort((a, b) => b.share - a.share)
    .map(shown => ({ shown, label: `${shown.name} ${percent(shown.share)}` }))

  const labelWidths = entries.map(({ label }) => textPath(label, { x: 0, y: 0, size }).width)
  const cellWidth = Math.ceil(size * 3 + Math.max(0, ...labelWidths))
  const cellHeight = Math.round(size * 1.75)
  const columns = Math.max(1, Math.min(entries.length, Math.floor((photoWidth - size) / cellWidth)))
  const rows = Math.ceil(entries.length / columns)

  const cells = entries.map(({ shown, label }, i) => {
    const x = size + (i % columns) * cellWidth
    const y = size / 2 + Math.floor(i / columns) * cellHeight
    const baseline = y + cellHeight / 2 + size * 0.36 // centres the capitals, which are 0.73 of the size high
    return (
      swatch(shown, { x, y: y + (cellHeight - size) / 2, size }) +
      text(label, { x: x + size * 1.5, y: baseline, size })
    )
  })
  return svgOf(cells, size + columns * cellWidth, size + rows * cellHeight)
}

/** 0.234 as "23.4 %". */
function percent(share: number): string {
  const inPercent = share * 100
  return inPercent > 0 && inPercent < 0.1 ? '< 0.1 %' : `${inPercent.toFixed(1)} %`
}

interface Place {
  x: number
  y: number
  size: number
}

/** A square in the class's colour, or an empty frame for the background, which the overlay leaves as it is. */
function swatch(shown: ClassShare, { x, y, size }: Place): string {
  const fill = isBackground(shown) ? 'white' : `rgb(${shown.colour.join()})`
  return `<rect x="${x}" y="${y}" width="${size}" height="${size}" rx="${size / 8}" fill="${fill}" stroke="#777"/>`
}

function text(label: string, place: Place): string {
  return `<path d="${textPath(label, place).path}" fill="#222"/>`
}

function svgOf(shapes: string[], width: number, height: number): Legend {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`
  return { svg, width, height }
}
