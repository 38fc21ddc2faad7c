// ResNets with the heads of the DeepLab papers and of torchvision: the config, and what is known without building the network.

import * as v from 'valibot'
import { expecting, oneOf } from '../../json.ts'
import {
  ASPP,
  type AsppConfig,
  AUXILIARY_HEAD,
  DECODER,
  DEEPLAB_CLASSIFIER,
  type DecoderConfig,
  decoderConflict,
} from '../heads/head_config.ts'
import { IMAGENET, TORCHVISION } from '../preprocessing.ts'
import type { BackboneFacts } from './backbone.ts'
import {
  alignCorners,
  blockUnits,
  classes,
  counts,
  firstUnitRate,
  flag,
  inputChannels,
  MAX_RATE,
  MAX_UNITS,
  outputStride,
  width,
} from './fields.ts'

/** The networks of He et al. 2015 (Table 1): their unit, basic (two 3×3 convolutions) or bottleneck, and how many block1 to block4 have. */
export const RESNETS = {
  resnet18: { unit: 'basic', units: [2, 2, 2, 2] },
  resnet34: { unit: 'basic', units: [3, 4, 6, 3] },
  resnet50: { unit: 'bottleneck', units: [3, 4, 6, 3] },
  resnet101: { unit: 'bottleneck', units: [3, 4, 23, 3] },
} as const

export interface ResNetConfig {
  backbone: keyof typeof RESNETS
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16, the stride at which the paper trains. */
  outputStride: number
  /** Channels of the images. Default 3: red, green and blue. */
  inputChannels: number
  /**
   * The last block; those beyond the fourth are cascaded copies of it (section 3.2). Default 4, the paper's ASPP models; at
   * most 7.
   */
  lastBlock: number
  /** Unit rates of the units of block4 and beyond, multiplied by the block's own rate (section 3.2.1). Default: the first of 1, 2, 4. */
  multiGrid: number[]
  /**
   * The rate of the first unit in a block whose stride became a rate: `block`, the block's own rate, as in the paper
   * (default), or `previousBlock`, as in torchvision. Of a basic unit it is the rate of the first convolution, as in timm.
   */
  firstUnitRate: 'block' | 'previousBlock'
  /**
   * Default: rates 6, 12, 18 with image pooling. Null for the cascaded models, whose logits come straight from the last block.
   */
  aspp: AsppConfig | null
  /** torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. Default false. */
  headConvolution: boolean
  /** The decoder of DeepLabv3+. Default null: none. */
  decoder: DecoderConfig | null
  /** torchvision's FCN head, a 3×3 convolution to a quarter of the channels, in place of all other heads. Default false. */
  fcn: boolean
  /** torchvision's second head, on block3. Its loss helps in training; inference leaves the head out. Default false. */
  auxiliaryHead: boolean
  /** Units of block1 to block4. Default: the backbone's own, such as [3, 4, 6, 3]. */
  units: number[]
  /** The convention of all bilinear upsampling, in the decoder and of the logits: aligned corners or half pixels. Default false. */
  alignCorners: boolean
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

/** @internal */
const resnetSchema = <Name extends ResNetConfig['backbone']>(backbone: Name) =>
  v.strictObject({
    backbone: v.literal(backbone),
    classes,
    outputStride,
    inputChannels,
    lastBlock: v.optional(oneOf(4, 5, 6, 7), 4),
    multiGrid: v.optional(expecting(`whole numbers from 1 to ${MAX_RATE}`, counts(MAX_RATE, MAX_UNITS)), () =>
      [1, 2, 4].slice(0, RESNETS[backbone].units[3]),
    ),
    firstUnitRate: v.optional(firstUnitRate, 'block'),
    aspp: v.optional(v.nullable(ASPP), {}),
    headConvolution: v.optional(flag, false),
    decoder: v.optional(v.nullable(DECODER), null),
    fcn: v.optional(flag, false),
    auxiliaryHead: v.optional(flag, false),
    units: v.optional(blockUnits, () => [...RESNETS[backbone].units]),
    alignCorners,
    width: v.optional(width, 1),
  })

/** A ResNet by its name. @internal */
export const resnet = <Name extends ResNetConfig['backbone']>(name: Name) =>
  ({
    schema: resnetSchema(name),
    conflictIn,
    outputStrides: ({ lastBlock }) => [8, 16, 32, 64, 128, 256].slice(0, lastBlock - 1),
    heads: { classifier: DEEPLAB_CLASSIFIER, auxiliary: AUXILIARY_HEAD },
    preprocessing: IMAGENET,
    // The paper does not say; from the notes in its authors' code, tensorflow/models/research/deeplab/train.py.
    weightDecay: 1e-4,
    checkpoint: {
      // The auxiliary head, which a config may leave out.
      isUnused: name => name.startsWith('aux_classifier.'),
      preprocessing: TORCHVISION,
    },
  }) satisfies BackboneFacts<ResNetConfig>

function conflictIn(config: ResNetConfig): string | undefined {
  const { units, multiGrid, aspp, headConvolution, decoder, fcn } = config
  if (multiGrid.length !== units[3])
    return `multiGrid: expected a rate for each of block4's ${units[3]} units; got ${multiGrid.length}`
  if (aspp === null && headConvolution) return 'headConvolution: expected false without ASPP; got true'
  if (fcn && (aspp || decoder)) return 'fcn: expected false with ASPP or a decoder; got true'
  return decoderConflict(decoder)
}
