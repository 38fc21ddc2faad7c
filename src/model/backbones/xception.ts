// DeepLabv3+'s own backbone, Xception-65, with its head: the config, and what is known without building the network.

import * as v from 'valibot'
import { expecting } from '../../json.ts'
import {
  ASPP,
  type AsppConfig,
  DECODER,
  DEEPLAB_CLASSIFIER,
  type DecoderConfig,
  decoderConflict,
} from '../heads/head_config.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { BackboneFacts } from './backbone.ts'
import { alignCorners, classes, counts, inputChannels, outputStride, width } from './fields.ts'

/** The "modified aligned Xception" of DeepLabv3+ (Chen et al. 2018, section 3.2 and Figure 4) with its head. */
export interface XceptionConfig {
  backbone: 'xception65'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16. */
  outputStride: number
  /** Channels of the images. Default 3: red, green and blue. */
  inputChannels: number
  /** Unit rates of the last three separable convolutions, multiplied by the rate of the exit flow. Default [1, 1, 1]. */
  multiGrid: number[]
  /** Default: rates 6, 12, 18 with image pooling, depthwise separable with batch norm and ReLU after both parts. Null: none. */
  aspp: AsppConfig | null
  /** Default: the paper's, depthwise separable as ASPP. Null: none. */
  decoder: DecoderConfig | null
  /** The convention of all bilinear upsampling: aligned corners, as in the paper's code (default), or half pixels (false). */
  alignCorners: boolean
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

const MAX_UNIT_RATE = 64

/** @internal */
const xceptionSchema = v.strictObject({
  backbone: v.literal('xception65'),
  classes,
  outputStride,
  inputChannels,
  multiGrid: v.optional(
    expecting(
      `three whole numbers from 1 to ${MAX_UNIT_RATE}`,
      v.pipe(counts(MAX_UNIT_RATE, 3), v.minLength(3)),
    ),
    () => [1, 1, 1],
  ),
  aspp: v.optional(v.nullable(ASPP), { separable: 'both' }),
  decoder: v.optional(v.nullable(DECODER), { separable: 'both' }),
  alignCorners: v.optional(alignCorners.wrapped, true),
  width: v.optional(width, 1),
})

/** @internal */
export const xception65 = {
  schema: xceptionSchema,
  conflictIn: ({ decoder }) => decoderConflict(decoder),
  outputStrides: () => [8, 16, 32],
  heads: { classifier: DEEPLAB_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for MobileNetV2, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  // There is no public checkpoint of this layout.
  checkpoint: {
    isUnused: () => false,
    preprocessing: TENSORFLOW,
  },
} satisfies BackboneFacts<XceptionConfig>
