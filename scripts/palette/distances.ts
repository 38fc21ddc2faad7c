// How well the colours of a palette are told apart, also by people who are colour-blind.

import {
  type Color,
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
} from 'culori'
import type { Colour } from '../../src/data/palette.ts'

const linear = converter('lrgb')
const oklch = converter('oklch')
const screen = converter('rgb')
const difference = differenceCiede2000()

const same = (colour: Color) => colour

/** Machado et al. 2009, at their full severity. */
const VISIONS: Record<'normal' | 'protan' | 'deutan' | 'tritan', (colour: Color) => Color> = {
  normal: same,
  protan: filterDeficiencyProt(1),
  deutan: filterDeficiencyDeuter(1),
  tritan: filterDeficiencyTrit(1),
}

export type Vision = keyof typeof VISIONS

export const visions = Object.keys(VISIONS) as Vision[]

const rgb = ([red, green, blue]: Colour) =>
  ({ mode: 'rgb', r: red / 255, g: green / 255, b: blue / 255 }) as const

/** A colour as such an eye sees it. The matrices are meant for linear light, and culori's filters do not convert to it. */
function seen(colour: Colour, vision: Vision) {
  const { r, g, b } = linear(rgb(colour))
  const light = screen(VISIONS[vision]({ mode: 'rgb', r, g, b }))
  const within = (part: number) => Math.min(1, Math.max(0, part))
  return screen({ mode: 'lrgb', r: within(light.r), g: within(light.g), b: within(light.b) })
}

export interface Nearest {
  /** CIEDE2000: 1 is a difference that is just seen side by side. */
  distance: number
  /** The two colours that are nearest to each other, by their numbers. */
  pair: [number, number]
}

/** The two colours that an eye tells apart least well. */
export function nearest(palette: readonly Colour[], vision: Vision): Nearest {
  const colours = palette.map(colour => seen(colour, vision))
  let found: Nearest = { distance: Infinity, pair: [0, 0] }
  for (const [i, a] of colours.entries())
    for (let j = 0; j < i; j++) {
      const distance = difference(a, colours[j])
      if (distance < found.distance) found = { distance, pair: [j, i] }
    }
  return found
}

/** OKLab's lightness, from 0 for black to 1 for white, and its chroma, 0 for grey. */
export function lightness(colour: Colour): { lightness: number; chroma: number } {
  const { l, c } = oklch(rgb(colour))
  return { lightness: l, chroma: c }
}
