// `--cutout` and `--background` of `atrous segment`: classes of a photo on transparent ground, or on another background.

import type { Image } from '../../data/image.ts'
import type { Colour } from '../../data/palette.ts'
import { UserError } from '../../errors.ts'
import type { ClassMap } from '../../inference/class_map.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import type { SegmentOptions } from '../../library/segment_options.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import type { CutoutOptions } from '../../node/segmentation.ts'

export interface CutoutFlags {
  /** Names of classes with commas between, or `all`. */
  cutout?: string
  background?: string
}

/** Throws a UserError for a background without a cut-out. */
export function checkCutout({ cutout, background }: CutoutFlags): void {
  if (background !== undefined && cutout === undefined)
    throw new UserError('--background: expected --cutout with it')
}

/** The options of the library. Throws a UserError for a class that the model lacks. */
export function cutoutOptions(
  { cutout, background }: CutoutFlags,
  classNames: readonly string[],
): CutoutOptions {
  const classes = cutout === 'all' ? undefined : cutout!.split(',').map(name => name.trim())
  const unknown = classes?.find(name => !classNames.includes(name))
  if (unknown !== undefined)
    throw new UserError(`--cutout: ${JSON.stringify(unknown)} is none of all, ${classNames.join(', ')}`)
  return { classes, background: background === undefined ? undefined : backgroundOf(background) }
}

function backgroundOf(text: string): CutoutOptions['background'] {
  if (text === 'blur') return text
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(text)
  if (!hex) return { picture: text }
  const [red, green, blue] = hex.slice(1).map(digits => Number.parseInt(digits, 16))
  return [red, green, blue] satisfies Colour
}

/** The class map of a photo, and the PNG of its cut-out. `withScores`: whether the map keeps its probabilities. */
export async function segmentWithCutout(
  model: DeepLab,
  image: Image,
  {
    cutout,
    withScores,
    ...options
  }: RefinedOptions & Pick<SegmentOptions, 'onProgress'> & { cutout: CutoutOptions; withScores: boolean },
): Promise<{ map: ClassMap; cutout: Uint8Array }> {
  const found = await model.segment(image, { ...options, output: 'probabilities' })
  const { mask, width, height, probabilities } = found
  const map = { mask, width, height, ...(withScores && { scores: probabilities }) }
  return { map, cutout: await found.cutout(cutout) }
}
