import type { Colour } from './palette.ts'

/** A class that occurs in a mask. */
export interface ClassShare {
  id: number
  name: string
  colour: Colour
  /** Share of the mask's pixels, 0 to 1. */
  share: number
  /**
   * The mean probability of the class over its pixels in the mask, 0 to 1; only where probabilities were asked for. Where those are
   * of another size than the mask, each pixel has that of the nearest position.
   */
  confidence?: number
}

/** The class that an overlay leaves as photographed: a colour on it would only dim the photo around what was found. */
export function isBackground({ name }: ClassShare): boolean {
  return name === 'background'
}
