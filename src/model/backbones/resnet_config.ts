// The config of a ResNet with the paper's heads.

import * as v from 'valibot'
import { expecting } from '../../json.ts'
import { classes, counts, flag, outputStride, width } from './fields.ts'

/**
 * Atrous spatial pyramid pooling (section 3.3): a 1×1 convolution and the branches below, in parallel on the last feature map.
 */
export interface AsppConfig {
  /** Rates of the 3×3 atrous branches at output stride 16 (doubled at 8). Default [6, 12, 18]; may be empty. */
  rates: number[]
  /** Whether there is a branch for the image-level feature, the mean over the map. Default true. */
  imagePooling: boolean
}

export interface ResNetConfig {
  backbone: 'resnet50' | 'resnet101'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16, the stride at which the paper trains. */
  outputStride: number
  /**
   * The last block; those beyond the fourth are cascaded copies of it (section 3.2). Default 4, the paper's ASPP models; at
   * most 7.
   */
  lastBlock: number
  /** Unit rates of the units of block4 and beyond, multiplied by the block's own rate (section 3.2.1). Default [1, 2, 4]. */
  multiGrid: number[]
  /**
   * The rate of the first unit in a block whose stride became a rate: `block`, the block's own rate, as in the paper
   * (default), or `previousBlock`, as in torchvision.
   */
  firstUnitRate: 'block' | 'previousBlock'
  /**
   * Default: rates 6, 12, 18 with image pooling. Null for the cascaded models, whose logits come straight from the last block.
   */
  aspp: AsppConfig | null
  /** torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. Default false. */
  headConvolution: boolean
  /** torchvision's second head, on block3. Its loss helps in training; inference leaves the head out. Default false. */
  auxiliaryHead: boolean
  /** Bottleneck units of block1 to block4. Default: the backbone's own, such as [3, 4, 6, 3]. */
  units: number[]
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

/** The most units of a block: ResNet-200 has 36. */
const MOST_UNITS = 100
/** The largest dilation, and the most branches of ASPP. */
const MOST_RATE = 1024
const MOST_RATES = 16

const aspp = v.strictObject({
  rates: v.optional(
    expecting(`at most ${MOST_RATES} whole numbers from 1 to ${MOST_RATE}`, counts(MOST_RATE, MOST_RATES)),
    () => [6, 12, 18],
  ),
  imagePooling: v.optional(flag, true),
})

/** @internal `units` are the default of the config's field of that name. */
export const resnetSchema = <Name extends string>(backbone: Name, units: readonly number[]) =>
  v.strictObject({
    backbone: v.literal(backbone),
    classes,
    outputStride,
    lastBlock: v.optional(expecting('4, 5, 6, 7', v.picklist([4, 5, 6, 7])), 4),
    multiGrid: v.optional(
      expecting(`whole numbers from 1 to ${MOST_RATE}`, counts(MOST_RATE, MOST_UNITS)),
      () => [1, 2, 4],
    ),
    firstUnitRate: v.optional(
      expecting('block, previousBlock', v.picklist(['block', 'previousBlock'])),
      'block',
    ),
    aspp: v.optional(v.nullable(aspp), {}),
    headConvolution: v.optional(flag, false),
    auxiliaryHead: v.optional(flag, false),
    units: v.optional(
      expecting(`four whole numbers from 1 to ${MOST_UNITS}`, v.pipe(counts(MOST_UNITS, 4), v.minLength(4))),
      () => [...units],
    ),
    width: v.optional(width, 1),
  })
