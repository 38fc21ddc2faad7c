// Options for drawing masks and overlays.

import { type Colour, vocPalette } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import { checkOptionNames, type OptionNames, shown } from '../options.ts'
import type { TintOptions } from './overlay_tint.ts'

export interface MaskPngOptions {
  /** A colour for each class, by class id, at most 256: red, green and blue, each from 0 to 255. Default: PASCAL VOC's. */
  palette?: readonly Colour[]
}

export interface OverlayOptions extends MaskPngOptions, TintOptions {
  /** Whether a legend with the classes' names and shares is drawn below the photo. Default true. */
  legend?: boolean
}

const MASK_OPTIONS: OptionNames<MaskPngOptions> = { palette: true }
const OVERLAY_OPTIONS: OptionNames<OverlayOptions> = {
  ...MASK_OPTIONS,
  opacity: true,
  outlines: true,
  legend: true,
}

/** The palette of a mask. Throws a UserError for invalid options. */
export function paletteOf(options: MaskPngOptions, classes: number): readonly Colour[] {
  checkOptionNames(options, MASK_OPTIONS)
  return checkedPalette(options.palette, classes)
}

/** The options, with a palette that has a colour for each class. Throws a UserError if they are invalid. */
export function overlayOptions(
  options: OverlayOptions,
  classes: number,
): OverlayOptions & { palette: readonly Colour[] } {
  checkOptionNames(options, OVERLAY_OPTIONS)
  const { opacity } = options
  if (opacity !== undefined && !(typeof opacity === 'number' && opacity >= 0 && opacity <= 1))
    throw new UserError(`opacity: expected a number from 0 to 1, got ${shown(opacity)}`)
  for (const name of ['legend', 'outlines'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw new UserError(`${name}: expected true or false, got ${shown(options[name])}`)
  return { ...options, palette: checkedPalette(options.palette, classes) }
}

const MAX_COLOURS = 256

function checkedPalette(palette: readonly Colour[] = vocPalette, classes: number): readonly Colour[] {
  if (!Array.isArray(palette) || palette.length < classes || palette.length > MAX_COLOURS)
    throw new UserError(
      `palette: expected a colour for each of ${classes} classes, at most ${MAX_COLOURS}, got ${
        Array.isArray(palette) ? palette.length : shown(palette)
      }`,
    )
  const wrong = Array.from(palette).findIndex(colour => !isColour(colour))
  if (wrong >= 0)
    throw new UserError(
      `palette[${wrong}]: expected red, green and blue from 0 to 255, such as [128, 0, 0], got ${shown(palette[wrong])}`,
    )
  return palette
}

const isColour = (colour: unknown) =>
  Array.isArray(colour) &&
  colour.length === 3 &&
  Array.from(colour).every(part => Number.isInteger(part) && part >= 0 && part <= 255)
