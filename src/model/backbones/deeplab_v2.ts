// DeepLab v2 on ResNet-101: the config, and what is known without building the network.

import * as v from 'valibot'
import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { BackboneFacts } from './backbone.ts'
import {
  alignCorners,
  blockUnits,
  classes,
  inputChannels,
  outputStride,
  pyramidRates,
  width,
} from './fields.ts'

export interface DeepLabV2Config {
  backbone: 'deeplabv2_resnet101'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** 8 (default) or 16. */
  outputStride: number
  /** Channels of the images. Default 3: red, green and blue. */
  inputChannels: number
  /**
   * Rates of the 3×3 classifiers whose sum is the logits, at output stride 8 (halved at 16). Of none, the only classifier is a 1×1
   * convolution. Default [6, 12, 18, 24].
   */
  rates: number[]
  /** Bottleneck units of the four blocks. Default [3, 4, 23, 3]. */
  units: number[]
  /** The convention of upsampling: aligned corners, as Caffe's interpolation, or half pixels, as in K. Nakashima's code (default false). */
  alignCorners: boolean
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

/** @internal */
const deepLabV2Schema = v.strictObject({
  backbone: v.literal('deeplabv2_resnet101'),
  classes,
  outputStride: v.optional(outputStride.wrapped, 8),
  inputChannels,
  rates: v.optional(pyramidRates(0), () => [6, 12, 18, 24]),
  units: v.optional(blockUnits, () => [3, 4, 23, 3]),
  alignCorners,
  width: v.optional(width, 1),
})

/** @internal */
export const deepLabV2 = {
  schema: deepLabV2Schema,
  outputStrides: () => [8, 16],
  heads: { classifier: 'base.aspp.c0' },
  preprocessing: IMAGENET,
  // Of the paper's Caffe model.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
} satisfies BackboneFacts<DeepLabV2Config>
