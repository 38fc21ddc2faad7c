// The views of a photo that the options ask for, and what only a network can say of them.

import { UserError } from '../errors.ts'
import { checkOutputStride, type DeepLabConfig } from '../model/config.ts'
import { checkOptionValues } from '../options.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  type RefinedOptions,
  TILE_OPTIONS,
} from './inference_options.ts'

/** One pass of the network over the image: at one scale, mirrored or not. */
export interface View {
  scale: number
  flip: boolean
  /** Its share in the mean of the probabilities. The weights of all views add up to 1. */
  weight: number
}

/** Throws a UserError that names the first option that a network of this config cannot run with. */
export function checkInferenceOptions(config: DeepLabConfig, options: RefinedOptions): void {
  const { outputStride } = options
  if (outputStride !== undefined) checkOutputStride(config, outputStride)
  checkOptionValues(options, INFERENCE_OPTIONS)
  checkOptionValues(options, TILE_OPTIONS)
  checkTogether(options)
}

/** Throws a UserError for options that exclude each other, under the names that the user knows them by. */
export function checkTogether(
  { merge, flip, crf, tile, overlap }: RefinedOptions,
  nameOf = (option: string) => option,
): void {
  if (merge === 'max' && flip)
    throw new UserError(`${nameOf('flip')}: expected false where scales are merged by max, got true`)
  if (tile !== undefined && crf !== undefined)
    throw new UserError(
      `${nameOf('crf')}: a CRF takes the whole photo at once: leave it out, or ${nameOf('tile')} with a smaller photo`,
    )
  if (tile === undefined && overlap !== undefined)
    throw new UserError(`${nameOf('overlap')}: expected ${nameOf('tile')} with it`)
}

/** Each view once, in the order of the scales. A scale that is given twice has twice the weight. */
export function viewsOf({ scales = [1], flip = false }: InferenceOptions): View[] {
  const mirrorings = flip ? [false, true] : [false]
  return [...new Set(scales)].flatMap(scale => {
    const times = scales.filter(other => other === scale).length
    return mirrorings.map(mirrored => ({
      scale,
      flip: mirrored,
      weight: times / (scales.length * mirrorings.length),
    }))
  })
}
