// Cut-outs: some classes of a photo on transparent ground, or on another background.

import * as v from 'valibot'
import { isBackground } from '../data/class_share.ts'
import type { Image } from '../data/image.ts'
import type { Colour } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { ScoreMap } from '../inference/score_map.ts'
import { checkOptions, type DeclaredOptions, oneOfTexts, shown } from '../options.ts'
import { sizeWithin } from './pixels.ts'

/** `Source` is the type of photos. */
export interface CutoutOptionsOf<Source = unknown> {
  /** The names of the classes to keep. Default: all except the background. */
  classes?: readonly string[]
  /**
   * What is behind them: the photo's own background, blurred; a colour, as red, green and blue from 0 to 255; or another picture, which
   * covers the photo's size. Default: nothing, which is transparent.
   */
  background?: 'blur' | Colour | { picture: Source }
  /** The kind of the file. Default: png. */
  format?: 'png' | 'webp'
}

const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))

const CUTOUT_OPTIONS: DeclaredOptions<CutoutOptionsOf> = {
  classes: { schema: v.pipe(v.array(v.string()), v.minLength(1)), expected: 'names of classes' },
  background: {
    schema: v.union([
      v.literal('blur'),
      v.tuple([byte, byte, byte]),
      v.strictObject({ picture: v.unknown() }),
    ]) as v.GenericSchema<NonNullable<CutoutOptionsOf['background']>>,
    expected: 'blur, a colour such as [255, 255, 255], or { picture }',
  },
  format: oneOfTexts('png', 'webp'),
}

/** The ids of the classes to keep. Throws a UserError for invalid options, and for a name that the network lacks. */
export function cutoutClasses(options: CutoutOptionsOf, classNames: readonly string[]): number[] {
  checkOptions(options, CUTOUT_OPTIONS)
  const { classes } = options
  if (!classes) return [...classNames.keys()].filter(id => !isBackground({ name: classNames[id] }))
  return classes.map(name => {
    const id = classNames.indexOf(name)
    if (id < 0) throw new UserError(`classes: ${shown(name)} is none of ${classNames.join(', ')}`)
    return id
  })
}

/** RGBA, height · width · 4 bytes, not multiplied by alpha. */
export interface Picture {
  data: Uint8Array
  width: number
  height: number
}

interface CutoutJob {
  photo: Image
  /** Probabilities, at any size. */
  scores: ScoreMap
  ids: readonly number[]
  /** Whether to blur what is left of the photo. */
  withBackdrop: boolean
}

/** What is cut out, at the photo's size, and the photo's own background, blurred, if it was asked for. */
export interface CutoutLayers {
  pixels: Picture
  backdrop?: Picture
}

/** @internal The layers of a cut-out. */
export async function cutoutLayers(gpu: Gpu, job: CutoutJob): Promise<CutoutLayers> {
  const { photo, scores, ids, withBackdrop } = job
  const { cutOut } = await import('../cutout/cut_out.ts') // a page need not load it before it cuts out
  return cutOut(gpu, { photo, probability: probabilityOf(scores, ids), withBackdrop })
}

/** Scales a picture to cover a size. */
type Cover<Source> = (picture: Source | Picture, size: { width: number; height: number }) => Promise<Picture>

/** The cut-out on its background. */
export async function onBackground<Source>(
  { pixels, backdrop }: CutoutLayers,
  background: CutoutOptionsOf<Source>['background'],
  cover: Cover<Source>,
): Promise<Picture> {
  if (background === undefined) return pixels
  if (Array.isArray(background)) return over(pixels, () => background as Colour)
  const picture = backdrop ?? (background as { picture: Source }).picture
  const { data: behind } = await cover(picture, pixels)
  return over(pixels, at => behind.subarray(at, at + 3))
}

/** The most pixels of a probability: that of a larger map is sampled, because its scores were upsampled themselves. */
const MOST_PIXELS = 2 ** 20

/** The probability that a pixel has one of the classes. */
function probabilityOf(scores: ScoreMap, ids: readonly number[]) {
  const { width, height } = sizeWithin(MOST_PIXELS, scores)
  const kept = [...new Set(ids)]
  const data = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * scores.height) / height) * scores.width
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor(((x + 0.5) * scores.width) / width)) * scores.classes
      for (const id of kept) data[y * width + x] += scores.data[from + id]
    }
  }
  return { data, width, height }
}

/** The picture on an opaque background. `behind`: its colour at a byte of the picture. */
function over({ data, width, height }: Picture, behind: (at: number) => ArrayLike<number>): Picture {
  const opaque = new Uint8ClampedArray(data.length) // rounds on assignment
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] / 255
    const colour = behind(at)
    for (let channel = 0; channel < 3; channel++)
      opaque[at + channel] = colour[channel] + (data[at + channel] - colour[channel]) * alpha
    opaque[at + 3] = 255
  }
  return { data: new Uint8Array(opaque.buffer), width, height }
}
