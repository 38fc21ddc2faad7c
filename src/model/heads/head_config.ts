// The facts about heads that need no graph: the parts that a config chooses, and the names of the last layers, which
// fine-tuning on other classes replaces.

import * as v from 'valibot'
import { expecting, oneOf } from '../../json.ts'
import type { AuxiliaryHead } from '../backbones/backbone.ts'
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
  /** How many convolutions follow. Default 2. */
  convolutions: 1 | 2 | 3
  /** Their kernel. Default 3. */
  kernel: 1 | 3
  /** Their channels. Default null: as many as ASPP has. */
  channels: number | null
  /**
   * With 2 stages, a first one of the same form reads the features of stride 8, and the second those of stride 4, as in U-Net. Default 1.
   */
  stages: 1 | 2
  /** Depthwise separable convolutions, as in `AsppConfig`. Default null. */
  separable: Separable | null
}

const MOST_CHANNELS = 1024
const channels = expecting(`a whole number from 1 to ${MOST_CHANNELS}`, count(MOST_CHANNELS))

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
  lowLevelStride: v.optional(oneOf(4, 8), 4),
  lowLevelChannels: v.optional(channels, 48),
  first: v.optional(oneOf('encoder', 'lowLevel'), 'encoder'),
  convolutions: v.optional(oneOf(1, 2, 3), 2),
  kernel: v.optional(oneOf(1, 3), 3),
  channels: v.optional(v.nullable(channels), null),
  stages: v.optional(oneOf(1, 2), 1),
  separable,
})

/** The strides of the features that a decoder reads, in its order; none without a decoder. */
export const lowLevelStrides = (decoder: DecoderConfig | null): number[] =>
  decoder?.stages === 2 ? [8, 4] : decoder ? [decoder.lowLevelStride] : []

/** A conflict between a decoder's fields; undefined if there is none. */
export const decoderConflict = (decoder: DecoderConfig | null): string | undefined =>
  decoder?.stages === 2 && decoder.lowLevelStride === 8
    ? 'decoder.stages: expected 1 with lowLevelStride 8; got 2'
    : undefined

/** The classifier of DeepLab's heads and of torchvision's FCN, the same in every variant. */
export const DEEPLAB_CLASSIFIER = 'classifier.4'

export const AUXILIARY_NAME = 'aux_classifier'
export const AUXILIARY_HEAD: AuxiliaryHead = {
  prefix: `${AUXILIARY_NAME}.`,
  classifier: `${AUXILIARY_NAME}.4`,
}
