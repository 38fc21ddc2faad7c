// The options of `segment` in a request: parameters of the protocol, or of a URL. Both are texts, numbers and booleans.

import { CRF_TEXTS, type CrfOption, crfFromText } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'
import type { RefinedOptions } from '../inference/inference_options.ts'
import { checkOptionNames, namesOf, shown } from '../options.ts'

export type RequestParameters = Readonly<Record<string, unknown>>

const READERS = {
  output_stride: (value: unknown) => ({ outputStride: numberOf('output_stride', value) }),
  scales: (value: unknown) => ({
    scales: String(value)
      .split(',')
      .map(part => numberOf('scales', part)),
  }),
  flip: (value: unknown) => ({ flip: booleanOf('flip', value) }),
  merge: (value: unknown) => ({ merge: value as RefinedOptions['merge'] }),
  size: (value: unknown) => ({ size: numberOf('size', value) }),
  crf: (value: unknown) => ({ crf: crfOf(value) }),
} satisfies Record<string, (value: unknown) => RefinedOptions>

/** The names of these parameters, for pages that list them. */
export const SEGMENT_PARAMETERS = Object.keys(READERS) as (keyof typeof READERS)[]

/** Throws a UserError for a parameter that is not in `others` and that `segment` does not have, or that has a wrong type. */
export function segmentParameters(
  parameters: RequestParameters,
  others: Readonly<Record<string, true>>,
): RefinedOptions {
  checkOptionNames(parameters, { ...namesOf(READERS), ...others })
  const given = SEGMENT_PARAMETERS.filter(name => parameters[name] !== undefined)
  return Object.assign({}, ...given.map(name => READERS[name](parameters[name])))
}

/** Throws a UserError if the network would see more pixels than `most` in all views of one photo. */
export function checkNetworkPixels(
  { scales = [1], flip = false, size }: RefinedOptions,
  { modelSize, most }: { modelSize: number; most: number },
): void {
  const side = size ?? modelSize
  const views = scales.map(scale => (scale * side) ** 2).reduce((a, b) => a + b)
  const pixels = views * (flip ? 2 : 1)
  if (pixels > most)
    throw new UserError(
      `size, scales and flip: the network would see ${megapixels(pixels)} megapixels, and the limit is ${megapixels(most)}`,
    )
}

export const megapixels = (pixels: number): string => (pixels / 1e6).toFixed(1)

function numberOf(name: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw new UserError(`${name}: expected a number, got ${shown(value)}`)
}

export function booleanOf(name: string, value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new UserError(`${name}: expected true or false, got ${shown(value)}`)
}

function crfOf(value: unknown): CrfOption | undefined {
  if (value === true || value === 'true') return 'default'
  if (value === false || value === 'false') return undefined
  const option = typeof value === 'string' ? crfFromText(value) : undefined
  if (option) return option
  throw new UserError(`crf: expected true, false, ${CRF_TEXTS}; got ${shown(value)}`)
}
