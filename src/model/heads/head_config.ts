// The parts of segmentation heads that a config chooses, whatever the backbone.

import * as v from 'valibot'
import { expecting } from '../../json.ts'
import { count, flag, pyramidRates } from '../backbones/fields.ts'
import type { Separable } from '../layers.ts'

/**
 * Atrous spatial pyramid pooling (Chen et al. 2017, section 3.3): a 1×1 convolution and the branches below, in parallel on the last
 * feature map.
 */
export interface AsppConfig {
  /** Rates of the 3×3 atrous branches at output stride 16 (doubled at 8). Default [6, 12, 18]; may be empty. */
  rates: number[]
  /** Whether there is a branch for the image-level feature, the mean over the map. Default true. */
  imagePooling: boolean
  /**
   * Depthwise separable 3×3 convolutions in ASPP and in the convolution after it, with batch norm and ReLU after the pointwise
   * convolution alone or after both. Default null: dense convolutions.
   */
  separable: Separable | null
}

/** The decoder of DeepLabv3+ (Chen et al. 2018, section 3.1), which refines the encoder's output along the borders of objects. */
export interface DecoderConfig {
  /** The stride of the backbone's features that the decoder reads, which is also the stride of its logits. Default 4. */
  lowLevelStride: 4 | 8
  /** The channels to which a 1×1 convolution reduces these features. Default 48. */
  lowLevelChannels: number
  /** Which of the two maps comes first in the concatenation. Default `encoder`. */
  first: 'encoder' | 'lowLevel'
  /** How many 3×3 convolutions follow. Default 2. */
  convolutions: 1 | 2 | 3
  /** Depthwise separable convolutions, as in `AsppConfig`. Default null. */
  separable: Separable | null
}

const MOST_LOW_LEVEL_CHANNELS = 1024

const separable = v.optional(
  v.nullable(expecting('pointwise, both, null', v.picklist(['pointwise', 'both']))),
  null,
)

/** @internal */
export const ASPP = v.strictObject({
  rates: v.optional(pyramidRates(0), () => [6, 12, 18]),
  imagePooling: v.optional(flag, true),
  separable,
})

/** @internal */
export const DECODER = v.strictObject({
  lowLevelStride: v.optional(expecting('4, 8', v.picklist([4, 8])), 4),
  lowLevelChannels: v.optional(
    expecting(`a whole number from 1 to ${MOST_LOW_LEVEL_CHANNELS}`, count(MOST_LOW_LEVEL_CHANNELS)),
    48,
  ),
  first: v.optional(expecting('encoder, lowLevel', v.picklist(['encoder', 'lowLevel'])), 'encoder'),
  convolutions: v.optional(expecting('1, 2, 3', v.picklist([1, 2, 3])), 2),
  separable,
})

/** A conflict between a decoder and an output stride; undefined if there is none. */
export const decoderConflict = (decoder: DecoderConfig | null, outputStride: number): string | undefined =>
  decoder && decoder.lowLevelStride > outputStride
    ? `decoder.lowLevelStride: expected at most the output stride ${outputStride}; got ${decoder.lowLevelStride}`
    : undefined
