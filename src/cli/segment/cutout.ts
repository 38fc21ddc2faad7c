// `--cutout` and `--background` of `atrous segment`: classes of a photo on transparent ground, or on another background.

import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import type { ClassMap } from '../../inference/class_map.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import { keptClasses, plainBackground } from '../../library/cutout_texts.ts'
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
  const classes = keptClasses('--cutout', cutout!, classNames)
  return { classes, background: background === undefined ? undefined : backgroundOf(background) }
}

const backgroundOf = (text: string): CutoutOptions['background'] => plainBackground(text) ?? { picture: text }

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
