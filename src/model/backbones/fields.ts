// Fields that the configs of several backbones share, and the schemas that check them. The limits are far beyond any useful network. They
// keep a damaged file from asking for more memory or time than there is.

import * as v from 'valibot'
import { expecting, oneOf } from '../../json.ts'
import { MAX_CHANNELS } from '../../kernels/layout.ts'
import { CLASS_COUNT_TEXT, MAX_CLASSES } from '../class_names_schema.ts'

/** The fields of each network's config. */
export interface NetworkConfig {
  backbone: string
  classes: number
  outputStride: number
  inputChannels: number
}

/** A config in which all but the backbone may be left to its default; so may the fields of its heads. */
export type NetworkOptions<Config extends { backbone: string }> = Config extends unknown
  ? { backbone: Config['backbone'] } & {
      [Field in Exclude<keyof Config, 'backbone'>]?: Field extends 'aspp' | 'decoder'
        ? Partial<NonNullable<Config[Field]>> | null
        : Config[Field]
    }
  : never

/** @internal */
export const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))
/** @internal */
export const counts = (most: number, mostItems: number) =>
  v.pipe(v.array(count(most)), v.maxLength(mostItems))
/** @internal */
export const factor = (most: number) => v.pipe(v.number(), v.gtValue(0), v.maxValue(most))

/** @internal */
export const flag = expecting('true, false', v.boolean())
/** @internal */
export const classes = v.optional(expecting(CLASS_COUNT_TEXT, v.pipe(count(MAX_CLASSES), v.minValue(2))), 21)
/** The channels of the images that a network takes: three are red, green and blue. @internal */
export const inputChannels = v.optional(
  expecting(`a whole number from 1 to ${MAX_CHANNELS}`, count(MAX_CHANNELS)),
  3,
)
/** The largest dilation. */
export const MAX_RATE = 1024
/** The most branches of a pyramid. */
const MAX_RATES = 16
/** The rates of a pyramid's atrous branches, at least so many. @internal */
export const pyramidRates = (least: 0 | 1) =>
  expecting(
    `${least === 0 ? 'at most' : '1 to'} ${MAX_RATES} whole numbers from 1 to ${MAX_RATE}`,
    v.pipe(counts(MAX_RATE, MAX_RATES), v.minLength(least)),
  )
/** The most units of a block: ResNet-200 has 36. */
export const MAX_UNITS = 100
/** The units of a ResNet's block1 to block4. @internal */
export const blockUnits = expecting(
  `four whole numbers from 1 to ${MAX_UNITS}`,
  v.pipe(counts(MAX_UNITS, 4), v.minLength(4)),
)
/** @internal */
export const alignCorners = v.optional(flag, false)
/** @internal */
export const firstUnitRate = oneOf('block', 'previousBlock')
/** `checkOutputStride` knows which strides a network reaches. @internal */
export const outputStride = v.optional(expecting('a whole number', v.pipe(v.number(), v.integer())), 16)

/** The largest factor on the channels of the published networks, which have up to 2048. */
const MAX_WIDTH = 4
/** @internal */
export const width = expecting(`a number above 0, at most ${MAX_WIDTH}`, factor(MAX_WIDTH))
