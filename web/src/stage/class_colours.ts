// The colours of the model's classes, by class id: those of the picture, its legend and the strokes. The user may change them.

import { type Colour, displayPalette } from '../../../src/data/palette.ts'

let colours: readonly Colour[] = displayPalette
const listeners: (() => void)[] = []

export const colourOf = (id: number): Colour => colours[id]

/** Calls `change` after each change of colours. */
export function onColours(change: () => void): void {
  listeners.push(change)
}

/** Sets the colours of the first classes; the others have the palette's. */
export function setColours(first: readonly Colour[]): void {
  colours = displayPalette.map((colour, id) => first[id] ?? colour)
  for (const listener of listeners) listener()
}

export function recolour(id: number, colour: Colour): void {
  setColours(colours.with(id, colour))
}

/** Lets the classes after a removed one keep their colours, though their ids become smaller by one. */
export function removeColour(id: number): void {
  setColours([...colours.slice(0, id), ...colours.slice(id + 1), colours[id]])
}

/** As `#rrggbb`, which colour inputs take. */
export const hexOf = (colour: Colour): string =>
  `#${colour.map(value => value.toString(16).padStart(2, '0')).join('')}`

export function colourIn(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}
