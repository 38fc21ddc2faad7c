import type { Colour } from '../../data/palette.ts'
import { DRAW_OPTIONS, type DrawOptions, drawOptions } from '../../library/overlay.ts'
import { type DeclaredOptions, FLAG } from '../../options.ts'

export interface OverlayOptions extends DrawOptions {
  /** Whether a legend with the classes' names and shares is drawn below the photo. Default true. */
  legend?: boolean
}

const OVERLAY_OPTIONS: DeclaredOptions<OverlayOptions> = { ...DRAW_OPTIONS, legend: FLAG }

/** The options, with a palette that has a colour for each class. Throws a UserError if they are invalid. */
export function overlayOptions(
  options: OverlayOptions,
  classes: number,
): OverlayOptions & { palette: readonly Colour[] } {
  return drawOptions(options, classes, OVERLAY_OPTIONS)
}
