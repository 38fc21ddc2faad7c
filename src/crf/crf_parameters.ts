// The parameters of the fully connected CRF, and those that were published.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { checkOption, checkOptionNames, type DeclaredOptions } from '../options.ts'

/**
 * The parameters of a fully connected CRF (Krähenbühl and Koltun 2011): the weights and standard deviations of its two Gaussian
 * kernels. A kernel with the weight 0 does nothing.
 */
export interface CrfParameters {
  /** The weight of the spatial kernel. */
  posW: number
  /** Its standard deviation in pixels. */
  posXy: number
  /** The weight of the bilateral kernel, which is large where both places and colours are near. */
  biW: number
  /** Its standard deviation of places, in pixels. */
  biXy: number
  /** Its standard deviation of colours, on the scale 0 … 255. */
  biRgb: number
  /** Iterations of the mean field, at most 1000. Default 10. */
  iterations?: number
}

const published = {
  /** Of Krähenbühl and Koltun's program. */
  default: { posW: 3, posXy: 3, biW: 10, biXy: 80, biRgb: 13 },
  /** DeepLab v1. */
  v1: { posW: 3, posXy: 3, biW: 4, biXy: 49, biRgb: 5 },
  /** DeepLab v2 on ResNet-101. */
  v2: { posW: 3, posXy: 1, biW: 4, biXy: 67, biRgb: 3 },
  /** DeepLab v2 on VGG-16. */
  'v2-vgg': { posW: 2, posXy: 2, biW: 4, biXy: 65, biRgb: 3 },
} as const

/** The name of published parameters. */
export type CrfPreset = keyof typeof published

export const crfPresets: Readonly<Record<CrfPreset, Required<CrfParameters>>> = {
  default: { ...published.default, iterations: 10 },
  v1: { ...published.v1, iterations: 10 },
  v2: { ...published.v2, iterations: 10 },
  'v2-vgg': { ...published['v2-vgg'], iterations: 10 },
}

/** Published parameters by name, or one's own. */
export type CrfOption = CrfPreset | CrfParameters

const MAX_ITERATIONS = 1000

/** Larger ones say nothing more, and squares of numbers up to here fit into f32. */
const MOST = 1e6

const WEIGHT = {
  schema: v.pipe(v.number(), v.minValue(0), v.maxValue(MOST)),
  expected: `a number from 0 to ${MOST}`,
}

const DEVIATION = {
  schema: v.pipe(v.number(), v.gtValue(0), v.maxValue(MOST)),
  expected: `a number above 0, at most ${MOST}`,
}

const PARAMETERS = {
  posW: WEIGHT,
  biW: WEIGHT,
  posXy: DEVIATION,
  biXy: DEVIATION,
  biRgb: DEVIATION,
  iterations: {
    schema: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_ITERATIONS)),
    expected: `a whole number from 1 to ${MAX_ITERATIONS}`,
  },
} satisfies DeclaredOptions<CrfParameters>

const NAMES = Object.keys(crfPresets) as CrfPreset[]

/** @internal The option as JSON holds it. */
export const CRF = {
  schema: v.union([
    v.picklist(NAMES),
    v.strictObject({
      posW: WEIGHT.schema,
      posXy: DEVIATION.schema,
      biW: WEIGHT.schema,
      biXy: DEVIATION.schema,
      biRgb: DEVIATION.schema,
      iterations: v.optional(PARAMETERS.iterations.schema),
    }),
  ]),
  expected: `${NAMES.join(', ')} or an object of parameters`,
}

/**
 * Published parameters by name, or five numbers: `3,1,4,67,3` is pos_w, pos_xy, bi_w, bi_xy and bi_rgb. Undefined for another text.
 * Throws a UserError for numbers that make no sense.
 */
export function crfFromText(text: string): CrfOption | undefined {
  const name = NAMES.find(name => name === text)
  if (name) return name
  const numbers = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (numbers.length !== 5 || numbers.some(Number.isNaN)) return undefined
  const [posW, posXy, biW, biXy, biRgb] = numbers
  return crfParameters({ posW, posXy, biW, biXy, biRgb })
}

/** The texts that `crfFromText` reads, for messages and help. */
export const CRF_TEXTS = `${NAMES.join(', ')}, or five numbers: pos_w,pos_xy,bi_w,bi_xy,bi_rgb`

/** All parameters. Throws a UserError that names the first invalid one. */
export function crfParameters(option: CrfOption): Required<CrfParameters> {
  if (typeof option === 'string' && Object.hasOwn(crfPresets, option)) return crfPresets[option]
  if (typeof option !== 'object' || option === null) checkOption('crf', option, CRF)
  const { iterations = 10, posW, posXy, biW, biXy, biRgb } = option as CrfParameters
  const parameters = { posW, posXy, biW, biXy, biRgb, iterations }
  try {
    checkOptionNames(option, PARAMETERS)
    for (const [name, declared] of Object.entries(PARAMETERS))
      checkOption(name, parameters[name as keyof CrfParameters], declared)
    return parameters
  } catch (error) {
    throw error instanceof UserError ? new UserError(`crf: ${error.message}`) : error
  }
}
