// The config of DeepLab v2 on ResNet-101.

import * as v from 'valibot'
import { expecting } from '../../json.ts'
import { alignCorners, classes, counts, outputStride, pyramidRates, width } from './fields.ts'

export interface DeepLabV2Config {
  backbone: 'deeplabv2_resnet101'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** 8 (default) or 16. */
  outputStride: number
  /** Rates of the classifiers whose sum is the logits, at output stride 8 (halved at 16). Default [6, 12, 18, 24]. */
  rates: number[]
  /** Bottleneck units of the four blocks. Default [3, 4, 23, 3]. */
  units: number[]
  /** The convention of upsampling: aligned corners, as Caffe's interpolation, or half pixels, as in K. Nakashima's code (default false). */
  alignCorners: boolean
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

const MOST_UNITS = 100

/** @internal */
export const deepLabV2Schema = v.strictObject({
  backbone: v.literal('deeplabv2_resnet101'),
  classes,
  outputStride: v.optional(outputStride.wrapped, 8),
  rates: v.optional(pyramidRates(1), () => [6, 12, 18, 24]),
  units: v.optional(
    expecting(`four whole numbers from 1 to ${MOST_UNITS}`, v.pipe(counts(MOST_UNITS, 4), v.minLength(4))),
    () => [3, 4, 23, 3],
  ),
  alignCorners,
  width: v.optional(width, 1),
})
