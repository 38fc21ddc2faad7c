// What a network's config may say: the type of each field, its default and its limits. The limits are far beyond any network
// that is of use, and keep a damaged file from asking for more memory or time than there is.

import * as v from 'valibot'
import { CLASS_COUNT_TEXT, MOST_CLASSES } from '../data/class_names_schema.ts'
import { expecting } from '../json.ts'

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))
const counts = (most: number, mostItems: number) => v.pipe(v.array(count(most)), v.maxLength(mostItems))
const factor = (most: number) => v.pipe(v.number(), v.gtValue(0), v.maxValue(most))

/** Units of a block: ResNet-200 has 36. */
const MOST_UNITS = 100
/** Of dilation, and how many branches of ASPP have one of their own. */
const MOST_RATE = 1024
const MOST_RATES = 16
/** On the channels of the published networks, which are up to 2048. */
const MOST_WIDTH = 4
/** Channels that a layer may be rounded up to. */
const MOST_CHANNELS = 1024

const flag = expecting('true, false', v.boolean())
const classes = v.optional(expecting(CLASS_COUNT_TEXT, v.pipe(count(MOST_CLASSES), v.minValue(2))), 21)
/** `checkOutputStride` knows which of them a network reaches. */
const outputStride = v.optional(expecting('a whole number', v.pipe(v.number(), v.integer())), 16)

const aspp = v.strictObject({
  rates: v.optional(
    expecting(`at most ${MOST_RATES} whole numbers from 1 to ${MOST_RATE}`, counts(MOST_RATE, MOST_RATES)),
    () => [6, 12, 18],
  ),
  imagePooling: v.optional(flag, true),
})

const resnet = <Name extends string>(backbone: Name, units: number[]) =>
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
    width: v.optional(expecting(`a number above 0, at most ${MOST_WIDTH}`, factor(MOST_WIDTH)), 1),
  })

/** The fields that Hugging Face's config.json has too, by our names, without their defaults. */
export const MOBILENET_FIELDS = {
  outputStride: outputStride.wrapped,
  depthMultiplier: expecting(`a number above 0, at most ${MOST_WIDTH}`, factor(MOST_WIDTH)),
  depthDivisibleBy: expecting(`a whole number from 1 to ${MOST_CHANNELS}`, count(MOST_CHANNELS)),
  minDepth: expecting(`a whole number from 1 to ${MOST_CHANNELS}`, count(MOST_CHANNELS)),
  expandRatio: expecting('a number above 0, at most 32', factor(32)),
  firstLayerIsExpansion: flag,
  tfPadding: flag,
  batchNormEpsilon: expecting('a number above 0, at most 1', factor(1)),
}

const mobilenet = v.strictObject({
  backbone: v.literal('mobilenet_v2'),
  classes,
  outputStride,
  depthMultiplier: v.optional(MOBILENET_FIELDS.depthMultiplier, 1),
  depthDivisibleBy: v.optional(MOBILENET_FIELDS.depthDivisibleBy, 8),
  minDepth: v.optional(MOBILENET_FIELDS.minDepth, 8),
  expandRatio: v.optional(MOBILENET_FIELDS.expandRatio, 6),
  firstLayerIsExpansion: v.optional(MOBILENET_FIELDS.firstLayerIsExpansion, true),
  tfPadding: v.optional(MOBILENET_FIELDS.tfPadding, true),
  batchNormEpsilon: v.optional(MOBILENET_FIELDS.batchNormEpsilon, 1e-3),
})

const NETWORKS = [resnet('resnet50', [3, 4, 6, 3]), resnet('resnet101', [3, 4, 23, 3]), mobilenet] as const

/** A network's config with its defaults filled in. How its fields fit together is `deepLabConfig`'s to check. */
export const NETWORK = v.variant('backbone', NETWORKS)
