// Options for drawing masks and overlays.

import * as v from 'valibot'
import { type Colour, vocPalette } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import { checkOptions, type DeclaredOptions, FLAG, shown } from '../options.ts'
import type { TintOptions } from './overlay_tint.ts'

export interface MaskPngOptions {
  /** A colour for each class, by class id, at most 256: red, green and blue, each from 0 to 255. Default: PASCAL VOC's. */
  palette?: readonly Colour[]
}

/** Options for drawing a mask over its photo. */
export interface DrawOptions extends MaskPngOptions, TintOptions {}

// How many colours a palette needs depends on the classes.
const MASK_OPTIONS: DeclaredOptions<MaskPngOptions> = { palette: true }

/** @internal */
export const DRAW_OPTIONS: DeclaredOptions<DrawOptions> = {
  ...MASK_OPTIONS,
  opacity: {
    schema: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    expected: 'a number from 0 to 1',
  },
  outlines: FLAG,
}

/** The palette of a mask. Throws a UserError for invalid options. */
export function paletteOf(options: MaskPngOptions, classes: number): readonly Colour[] {
  checkOptions(options, MASK_OPTIONS)
  return checkedPalette(options.palette, classes)
}

/**
 * @internal The options, with a palette that has a colour for each class. `declared`: all options that there are. Throws a UserError if they
 * are invalid.
 */
export function drawOptions<Options extends DrawOptions>(
  options: Options,
  classes: number,
  declared: DeclaredOptions<Options> = DRAW_OPTIONS as DeclaredOptions<Options>,
): Options & { palette: readonly Colour[] } {
  checkOptions(options, declared)
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
