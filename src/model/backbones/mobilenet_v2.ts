// MobileNetV2 with DeepLabv3's light head, or with ASPP and DeepLabv3+'s decoder: the config, Hugging Face's config.json of it, and what is
// known without building the network.

import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { expecting } from '../../json.ts'
import type { JsonObject } from '../../json_object.ts'
import { ASPP, type AsppConfig, DECODER, type DecoderConfig, decoderConflict } from '../heads/head_config.ts'
import { labelFields } from '../hugging_face.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { BackboneFacts, HuggingFaceLayout } from './backbone.ts'
import {
  alignCorners,
  classes,
  count,
  factor,
  firstUnitRate,
  flag,
  inputChannels,
  outputStride,
  width,
} from './fields.ts'

/**
 * Hugging Face's MobileNetV2ForSemanticSegmentation; the fields carry the names of its config.json in camel case. Its config.json does
 * not have the fields from `lastConvolution` on.
 */
export interface MobileNetV2Config {
  backbone: 'mobilenet_v2'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16. */
  outputStride: number
  /** Channels of the images. Default 3: red, green and blue. */
  inputChannels: number
  /** Factor on the backbone's channels. Default 1. */
  depthMultiplier: number
  /** Channels are rounded to multiples of this. Default 8. */
  depthDivisibleBy: number
  /** No layer has fewer channels. Default 8. */
  minDepth: number
  /** Channels inside an inverted residual, over those that enter it. Default 6. */
  expandRatio: number
  /** The stem's 3×3 convolution is its own expansion, with no 1×1 after it. Default true. */
  firstLayerIsExpansion: boolean
  /** TensorFlow's SAME padding; PyTorch's symmetric padding where false. Default true. */
  tfPadding: boolean
  /** ε of the backbone's batch norms (`layer_norm_eps`); the head's is 1e-5. Default 1e-3. */
  batchNormEpsilon: number
  /** The 1×1 convolution to 1280 channels that ends the classification network, before the head. Default false. */
  lastConvolution: boolean
  /** ASPP in place of the light head. Default null. */
  aspp: AsppConfig | null
  /** A 3×3 convolution behind ASPP, as in ResNetConfig. Default false. */
  headConvolution: boolean
  /** The decoder of DeepLabv3+, behind ASPP. Default null: none. */
  decoder: DecoderConfig | null
  /**
   * The rate of a unit whose stride became a rate: that of the unit before it (`previousBlock`), as in Hugging Face's code and
   * TensorFlow's (default), or the rate of the units after it (`block`).
   */
  firstUnitRate: 'block' | 'previousBlock'
  /** The convention of all bilinear upsampling, in the decoder and of the logits: aligned corners or half pixels. Default false. */
  alignCorners: boolean
  /**
   * As in VainF's code, a unit pads its input before the 1×1 expansion and not after it, so that the 3×3 convolution sees relu6(batchNorm(0))
   * around the map, and the first convolution has no padding: maps have ⌊(h − 1)/2⌋ rows from there on. Default false.
   */
  padsBeforeExpansion: boolean
}

/** The largest multiple to which a layer's channels are rounded. */
const MAX_CHANNELS = 1024
const channels = expecting(`a whole number from 1 to ${MAX_CHANNELS}`, count(MAX_CHANNELS))

/** @internal The fields that Hugging Face's config.json has too, by our names, without their defaults. */
export const MOBILENET_FIELDS = {
  inputChannels: inputChannels.wrapped,
  outputStride: outputStride.wrapped,
  depthMultiplier: width,
  depthDivisibleBy: channels,
  minDepth: channels,
  expandRatio: expecting('a number above 0, at most 32', factor(32)),
  firstLayerIsExpansion: flag,
  tfPadding: flag,
  batchNormEpsilon: expecting('a number above 0, at most 1', factor(1)),
}

/** @internal */
const mobileNetV2Schema = v.strictObject({
  backbone: v.literal('mobilenet_v2'),
  classes,
  outputStride,
  inputChannels,
  depthMultiplier: v.optional(MOBILENET_FIELDS.depthMultiplier, 1),
  depthDivisibleBy: v.optional(MOBILENET_FIELDS.depthDivisibleBy, 8),
  minDepth: v.optional(MOBILENET_FIELDS.minDepth, 8),
  expandRatio: v.optional(MOBILENET_FIELDS.expandRatio, 6),
  firstLayerIsExpansion: v.optional(MOBILENET_FIELDS.firstLayerIsExpansion, true),
  tfPadding: v.optional(MOBILENET_FIELDS.tfPadding, true),
  batchNormEpsilon: v.optional(MOBILENET_FIELDS.batchNormEpsilon, 1e-3),
  lastConvolution: v.optional(flag, false),
  aspp: v.optional(v.nullable(ASPP), null),
  headConvolution: v.optional(flag, false),
  decoder: v.optional(v.nullable(DECODER), null),
  firstUnitRate: v.optional(firstUnitRate, 'previousBlock'),
  alignCorners,
  padsBeforeExpansion: v.optional(flag, false),
})

/** The last layer of all its heads. */
const MOBILENET_CLASSIFIER = 'segmentation_head.classifier.convolution'

/** The fields that Hugging Face's networks do not have. */
type OwnField =
  | ('lastConvolution' | 'aspp' | 'headConvolution' | 'decoder')
  | ('firstUnitRate' | 'alignCorners' | 'padsBeforeExpansion')
export type SharedField = Exclude<keyof MobileNetV2Config, 'backbone' | 'classes' | OwnField>

/** For each of our fields, its name in config.json, and its value if the file leaves it out. */
export const HUGGING_FACE_FIELDS: { [Field in SharedField]: [theirs: string, absent: number | boolean] } = {
  inputChannels: ['num_channels', 3],
  outputStride: ['output_stride', 32],
  depthMultiplier: ['depth_multiplier', 1],
  depthDivisibleBy: ['depth_divisible_by', 8],
  minDepth: ['min_depth', 8],
  expandRatio: ['expand_ratio', 6],
  firstLayerIsExpansion: ['first_layer_is_expansion', true],
  tfPadding: ['tf_padding', true],
  batchNormEpsilon: ['layer_norm_eps', 0.001],
}

/** Fields of config.json that have the same value in all networks of this package. */
export const HUGGING_FACE_FIXED: JsonObject = {
  model_type: 'mobilenet_v2',
  hidden_act: 'relu6',
}

const huggingFace: HuggingFaceLayout<MobileNetV2Config> = {
  describes: ({ lastConvolution, aspp, firstUnitRate, padsBeforeExpansion }) =>
    !(lastConvolution || aspp || padsBeforeExpansion) && firstUnitRate === 'previousBlock',
  write(config, classNames) {
    // transformers ignores `align_corners`, and upsamples by half pixels.
    if (classNames.length !== config.classes)
      throw new UserError(`config.json: expected ${config.classes} class names, got ${classNames.length}`)
    return {
      architectures: ['MobileNetV2ForSemanticSegmentation'],
      ...HUGGING_FACE_FIXED,
      ...Object.fromEntries(
        Object.entries(HUGGING_FACE_FIELDS).map(([ours, [theirs]]) => [theirs, config[ours as SharedField]]),
      ),
      align_corners: config.alignCorners,
      ...labelFields(classNames),
    }
  },
}

/** @internal */
export const mobileNetV2 = {
  schema: mobileNetV2Schema,
  conflictIn({ aspp, headConvolution, decoder, padsBeforeExpansion, tfPadding }) {
    if (!aspp && headConvolution) return 'headConvolution: expected false without ASPP; got true'
    if (!aspp && decoder) return 'decoder: expected null without ASPP; got a decoder'
    if (padsBeforeExpansion && tfPadding)
      return 'padsBeforeExpansion: expected false with tfPadding; got true'
    return decoderConflict(decoder)
  },
  outputStrides: () => [8, 16, 32],
  heads: { classifier: MOBILENET_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for ResNets, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  checkpoint: {
    // The last convolution of the classification network.
    isUnused: name => name.startsWith('mobilenet_v2.conv_1x1.'),
    preprocessing: TENSORFLOW,
    huggingFace,
  },
} satisfies BackboneFacts<MobileNetV2Config>
