// VGG-16 with the heads of FCN, DeepLab v1 and DeepLab v2: the config, and what is known without building the network.

import * as v from 'valibot'
import { oneOf } from '../../json.ts'
import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { BackboneFacts } from './backbone.ts'
import { alignCorners, classes, flag, inputChannels, outputStride, pyramidRates, width } from './fields.ts'

export interface Vgg16Config {
  backbone: 'vgg16'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** 32 for FCN, whose logits have the size of the image. Else 8 (default) or 16. */
  outputStride: number
  /** Channels of the images. Default 3: red, green and blue. */
  inputChannels: number
  /**
   * `fcn32s`, `fcn16s`, `fcn8s`: Long et al. 2015, upsampled by 32, or with the scores of pool4, and of pool3, added on the way.
   * `atrous` (default): DeepLab's, whose last two poolings keep the size of the map.
   */
  head: 'fcn32s' | 'fcn16s' | 'fcn8s' | 'atrous'
  /**
   * Of the atrous head: the rates of fc6 at output stride 8 (halved at 16). One rate is DeepLab v1's LargeFOV, default [12]. Of
   * several, each has a branch of fc6, fc7 and fc8, and the logits are their sum, as in DeepLab v2.
   */
  rates: number[]
  /**
   * Of the atrous head: whether the image and the first four poolings add scores of their own, as in DeepLab v1's multi-scale
   * prediction (section 4.3). Default false.
   */
  multiScale: boolean
  /** The convention of upsampling: aligned corners, as Caffe's interpolation, or half pixels. Default false. */
  alignCorners: boolean
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

const HEADS = ['fcn32s', 'fcn16s', 'fcn8s', 'atrous'] as const

/** @internal */
const vgg16Schema = v.strictObject({
  backbone: v.literal('vgg16'),
  classes,
  outputStride: v.optional(outputStride.wrapped, 8),
  inputChannels,
  head: v.optional(oneOf(...HEADS), 'atrous'),
  rates: v.optional(pyramidRates(1), () => [12]),
  multiScale: v.optional(flag, false),
  alignCorners,
  width: v.optional(width, 1),
})

/** @internal */
export const vgg16 = {
  schema: vgg16Schema,
  conflictIn: ({ head, multiScale }) =>
    multiScale && head !== 'atrous' ? 'multiScale: expected false with a head of FCN; got true' : undefined,
  outputStrides: ({ head }) => (head === 'atrous' ? [8, 16] : [32]),
  heads: { classifier: 'fc8' },
  preprocessing: IMAGENET,
  // Of FCN's and DeepLab's Caffe models alike.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
} satisfies BackboneFacts<Vgg16Config>
