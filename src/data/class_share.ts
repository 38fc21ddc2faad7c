import type { Colour } from './palette.ts'

/** A class that occurs in a mask. */
export interface ClassShare {
  id: number
  name: string
  /** That of overlays and legends. Mask files have PASCAL VOC's palette. */
  colour: Colour
  /** Share of the mask's pixels, 0 to 1. */
  share: number
  /**
   * The mean probability of the class over its pixels in the mask, 0 to 1. Present only if probabilities were asked for. If their
   * size differs from the mask's, each pixel has the probability of the nearest position.
   */
  confidence?: number
}

/** Whether an overlay leaves the class without a tint, which would only dim the photo around the objects. */
export function isBackground({ name }: Pick<ClassShare, 'name'>): boolean {
  return name === 'background'
}
