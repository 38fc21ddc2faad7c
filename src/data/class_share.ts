import type { Colour } from './palette.ts'

/** A class that occurs in a mask. */
export interface ClassShare {
  id: number
  name: string
  colour: Colour
  /** Share of the mask's pixels, 0 to 1. */
  share: number
}

/** The class that an overlay leaves as photographed: a colour on it would only dim the photo around what was found. */
export function isBackground({ name }: ClassShare): boolean {
  return name === 'background'
}
