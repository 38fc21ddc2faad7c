// Fields that the configs of several backbones share, and the schemas that check them. The limits are far beyond any useful network. They
// keep a damaged file from asking for more memory or time than there is.

import * as v from 'valibot'
import { expecting, oneOf } from '../../json.ts'
import { CLASS_COUNT_TEXT, MOST_CLASSES } from '../class_names_schema.ts'

/** The fields of each network's config. */
export interface NetworkConfig {
  backbone: string
  classes: number
  outputStride: number
}

/** A config in which all but the backbone may be left to its default; so may the fields of its heads. */
export type NetworkOptions<Config extends { backbone: string }> = Config extends unknown
  ? { backbone: Config['backbone'] } & {
      [Field in Exclude<keyof Config, 'backbone'>]?: Field extends 'aspp' | 'decoder'
        ? Partial<NonNullable<Config[Field]>> | null
        : Config[Field]
    }
  : never

export const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))
export const counts = (most: number, mostItems: number) =>
  v.pipe(v.array(count(most)), v.maxLength(mostItems))
export const factor = (most: number) => v.pipe(v.number(), v.gtValue(0), v.maxValue(most))

export const flag = expecting('true, false', v.boolean())
export const classes = v.optional(expecting(CLASS_COUNT_TEXT, v.pipe(count(MOST_CLASSES), v.minValue(2))), 21)
/** The largest dilation. */
export const MOST_RATE = 1024
/** The most branches of a pyramid. */
const MOST_RATES = 16
/** The rates of a pyramid's atrous branches, at least so many. */
export const pyramidRates = (least: 0 | 1) =>
  expecting(
    `${least === 0 ? 'at most' : '1 to'} ${MOST_RATES} whole numbers from 1 to ${MOST_RATE}`,
    v.pipe(counts(MOST_RATE, MOST_RATES), v.minLength(least)),
  )
/** The most units of a block: ResNet-200 has 36. */
export const MOST_UNITS = 100
/** The units of a ResNet's block1 to block4. */
export const blockUnits = expecting(
  `four whole numbers from 1 to ${MOST_UNITS}`,
  v.pipe(counts(MOST_UNITS, 4), v.minLength(4)),
)
export const alignCorners = v.optional(flag, false)
export const firstUnitRate = oneOf('block', 'previousBlock')
/** `checkOutputStride` knows which strides a network reaches. */
export const outputStride = v.optional(expecting('a whole number', v.pipe(v.number(), v.integer())), 16)

/** The largest factor on the channels of the published networks, which have up to 2048. */
const MOST_WIDTH = 4
export const width = expecting(`a number above 0, at most ${MOST_WIDTH}`, factor(MOST_WIDTH))
