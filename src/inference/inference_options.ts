// The options of `segment` and `evaluate`, checked, and the views of a photo that they ask for.

import type { CrfOption } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'
import { checkOutputStride, type DeepLabConfig, outputStrides } from '../model/config.ts'
import { MAX_NETWORK_SIZE } from '../model/preprocessing.ts'
import { type OptionNames, shown } from '../options.ts'

export interface InferenceOptions {
  /** Stride of the backbone in pixels: 8 is the finest and slowest. Default: the model's. */
  outputStride?: number
  /**
   * Image sizes whose probabilities are averaged, as factors above 0, at most 4 (section 4.1 of DeepLabv3). A factor that is
   * given twice counts twice and is computed once. At most 32 factors. Default [1].
   */
  scales?: readonly number[]
  /** Whether each scale also runs on the mirrored image. Default false. */
  flip?: boolean
  /**
   * What becomes of several scales: the mean of their probabilities, or the maximum of their logits (section 4.1.2 of DeepLabv2), which
   * takes no `flip`. Default mean.
   */
  merge?: 'mean' | 'max'
  /** Length of the resized edge at scale 1, in pixels, at most 16384. Default: the model's. */
  size?: number
}

export const INFERENCE_OPTIONS: OptionNames<InferenceOptions> = {
  outputStride: true,
  scales: true,
  flip: true,
  merge: true,
  size: true,
}

/** The options of calls that give a class map to the CPU. */
export interface RefinedOptions extends InferenceOptions {
  /**
   * A fully connected CRF (Krähenbühl and Koltun 2011) behind the network: masks follow the edges in the photo, and probabilities
   * are its marginals. The parameters by the name of those that were published (`default`, `v1`, `v2`, `v2-vgg`), or one's own.
   * It works at the size of the output (`at`), and with `at: 'network'` at that of the network's image, which is the size for a
   * large photo. Default: none.
   */
  crf?: CrfOption
}

export const REFINED_OPTIONS: OptionNames<RefinedOptions> = { ...INFERENCE_OPTIONS, crf: true }

/** One pass of the network over the image: at one scale, mirrored or not. */
export interface View {
  scale: number
  flip: boolean
  /** Its share in the mean of the probabilities. The weights of all views add up to 1. */
  weight: number
}

const MAX_SCALE = 4
const MAX_SCALES = 32

/** Throws a UserError that names the first option that a network of this config cannot run with. */
export function checkInferenceOptions(config: DeepLabConfig, options: InferenceOptions): void {
  const { outputStride, scales, flip, merge, size } = options
  if (outputStride !== undefined) {
    if (typeof outputStride !== 'number')
      throw expected('outputStride', outputStrides(config).join(', '), outputStride)
    checkOutputStride(config, outputStride)
  }
  if (scales !== undefined) checkScales(scales)
  if (flip !== undefined && typeof flip !== 'boolean') throw expected('flip', 'true or false', flip)
  if (merge !== undefined && merge !== 'mean' && merge !== 'max')
    throw expected('merge', 'mean or max', merge)
  if (merge === 'max' && flip) throw expected('flip', 'false where scales are merged by max', flip)
  if (size !== undefined) checkSize(size)
}

/** Throws a UserError for a size to which a photo's edge cannot be resized. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > MAX_NETWORK_SIZE)
    throw expected('size', `a number of pixels from 1 to ${MAX_NETWORK_SIZE}`, size)
}

function checkScales(scales: readonly number[]): void {
  const isList = Array.isArray(scales) && scales.length > 0 && scales.length <= MAX_SCALES
  const isFactor = (scale: unknown) => typeof scale === 'number' && scale > 0 && scale <= MAX_SCALE
  if (!isList || !Array.from(scales).every(isFactor))
    throw expected('scales', `up to ${MAX_SCALES} factors above 0, at most ${MAX_SCALE}`, scales)
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

const expected = (option: string, expectation: string, got: unknown) =>
  new UserError(`${option}: expected ${expectation}, got ${shown(got)}`)
