// Overlays: a photo with the colours of its classes, and the options for drawing these and masks.

import * as v from 'valibot'
import { type ClassShare, isBackground } from '../data/class_share.ts'
import type { Image } from '../data/image.ts'
import { type Colour, displayPalette, lighter, OPACITY, vocPalette } from '../data/palette.ts'
import { resampleMask } from '../data/resample_mask.ts'
import { UserError } from '../errors.ts'
import { checkOptions, type DeclaredOptions, FLAG, shown } from '../options.ts'

export interface MaskPngOptions {
  /**
   * A colour for each class, by class id, at most 256: red, green and blue, each from 0 to 255. Default: of masks PASCAL VOC's; of overlays
   * bright ones, which colour-blind people tell apart too.
   */
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

/** The palette of a mask file. Throws a UserError for invalid options. */
export function paletteOf(options: MaskPngOptions, classes: number): readonly Colour[] {
  checkOptions(options, MASK_OPTIONS)
  return checkedPalette(options.palette ?? vocPalette, classes)
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
  return { ...options, palette: checkedPalette(options.palette ?? displayPalette, classes) }
}

const MAX_COLOURS = 256

function checkedPalette(palette: readonly Colour[], classes: number): readonly Colour[] {
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

export interface LabelledMask {
  /** Class ids, row by row from the top: height · width. */
  mask: Uint8Array
  width: number
  height: number
  /** The classes to show. Pixels of any other id (such as 255, "do not score") keep the photo's colour. */
  classes: readonly ClassShare[]
}

export interface TintOptions {
  /** The opacity of the class's colour over the photo, 0 to 1. Default 0.55. */
  opacity?: number
  /** Whether classes are outlined in a lighter shade of their colours. Default true. */
  outlines?: boolean
}

/** The longest side, in pixels, from which outlines are two pixels wide on each side instead of one. */
const LARGE_PHOTO = 1600

/** The photo as RGB (height · width · 3), tinted with the colours of its classes, and outlined. */
export function tintPhoto(
  image: Image,
  labelled: LabelledMask,
  { opacity = OPACITY, outlines: isOutlined = true }: TintOptions = {},
): Uint8ClampedArray {
  const tints: (Paint | undefined)[] = new Array(256)
  const outlines: (Paint | undefined)[] = new Array(256)
  for (const shown of labelled.classes) {
    if (isBackground(shown)) continue
    tints[shown.id] = { colour: shown.colour, opacity }
    outlines[shown.id] = isOutlined ? { colour: lighter(shown.colour), opacity: 1 } : tints[shown.id]
  }

  const { width, height, data } = image
  const ids = resampleMask(labelled, width, height)
  const reach = Math.max(width, height) < LARGE_PHOTO ? 1 : 2
  const tinted = new Uint8ClampedArray(height * width * 3) // rounds on assignment
  for (let y = 0; y < height; y++) {
    const rowAbove = Math.max(0, y - reach) * width
    const row = y * width
    const rowBelow = Math.min(height - 1, y + reach) * width
    for (let x = 0; x < width; x++) {
      const id = ids[row + x]
      const isOutline =
        id !== ids[rowAbove + x] ||
        id !== ids[rowBelow + x] ||
        id !== ids[row + Math.max(0, x - reach)] ||
        id !== ids[row + Math.min(width - 1, x + reach)]
      blend(tinted, data, row + x, (isOutline ? outlines : tints)[id])
    }
  }
  return tinted
}

interface Paint {
  colour: Colour
  /** 0 to 1. */
  opacity: number
}

/**
 * Writes pixel number `pixel` of an RGB image: the RGBA photo's, or if there is a paint, that over the photo's grey. In the photo's own
 * colours, an object that has nearly its class's colour would look as if it had none. A thin paint leaves more of the photo's colours.
 */
function blend(rgb: Uint8ClampedArray, photo: Uint8Array, pixel: number, paint: Paint | undefined) {
  const [red, green, blue] = photo.subarray(pixel * 4, pixel * 4 + 3)
  const grey = 0.299 * red + 0.587 * green + 0.114 * blue
  const { colour, opacity } = paint ?? { colour: [0, 0, 0], opacity: 0 }
  const greyness = Math.min(1, 2 * opacity)
  for (let channel = 0; channel < 3; channel++) {
    const own = photo[pixel * 4 + channel]
    const under = own + (grey - own) * greyness
    rgb[pixel * 3 + channel] = under + (colour[channel] - under) * opacity
  }
}
