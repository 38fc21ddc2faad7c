import type { Colour } from '../../data/palette.ts'
import { textPath } from './overlay_text.ts'

/** An SVG with text as paths, which looks the same on machines with and without fonts. */
interface Legend {
  svg: string
  /** Size in whole pixels. */
  width: number
  height: number
}

export interface LegendEntry {
  label: string
  colour: Colour
}

/** Limits of the text's size in pixels. Between them it is a fiftieth of the picture's width. */
const SMALLEST_TEXT = 14
const LARGEST_TEXT = 64

/**
 * The legend below a picture of the given width: colours and labels, row by row, in as many columns as fit. It is wider than the
 * picture only if not even one column fits.
 */
export function drawLegend(entries: readonly LegendEntry[], pictureWidth: number): Legend {
  const size = Math.round(Math.min(LARGEST_TEXT, Math.max(SMALLEST_TEXT, pictureWidth / 50)))
  const labelWidths = entries.map(({ label }) => textPath(label, { x: 0, y: 0, size }).width)
  const cellWidth = Math.ceil(size * 3 + Math.max(0, ...labelWidths))
  const cellHeight = Math.round(size * 1.75)
  const fitting = Math.max(1, Math.floor((pictureWidth - size) / cellWidth))
  const rows = Math.ceil(entries.length / fitting)
  const columns = Math.ceil(entries.length / Math.max(1, rows)) // which makes the last row about as long as the others

  const cells = entries.map(({ colour, label }, i) => {
    const x = size + (i % columns) * cellWidth
    const y = size / 2 + Math.floor(i / columns) * cellHeight
    const baseline = y + cellHeight / 2 + size * 0.36 // centres the capitals, whose height is 0.73 of the size
    return (
      swatch(colour, { x, y: y + (cellHeight - size) / 2, size }) +
      text(label, { x: x + size * 1.5, y: baseline, size })
    )
  })
  return svgOf(cells, size + columns * cellWidth, size + rows * cellHeight)
}

interface Place {
  x: number
  y: number
  size: number
}

function swatch(colour: Colour, { x, y, size }: Place): string {
  const fill = `rgb(${colour.join()})`
  return `<rect x="${x}" y="${y}" width="${size}" height="${size}" rx="${size / 8}" fill="${fill}" stroke="#777"/>`
}

function text(label: string, place: Place): string {
  return `<path d="${textPath(label, place).path}" fill="#222"/>`
}

function svgOf(shapes: string[], width: number, height: number): Legend {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`
  return { svg, width, height }
}
