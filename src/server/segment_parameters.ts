// The options of `segment` in a request: parameters of the protocol, or of a URL. Both are texts, numbers and booleans.

import { UserError } from '../errors.ts'
import { OPTION_TEXTS, type RefinedOptions } from '../inference/inference_options.ts'
import {
  expectedText,
  optionFromText,
  parameterName,
  REFINED_NAMES,
  type RefinedOption,
} from '../inference/option_texts.ts'
import { checkOptionNames, shown } from '../options.ts'

export type RequestParameters = Readonly<Record<string, unknown>>

/** The options by the names of their parameters: `output_stride` is `outputStride`. */
export const PARAMETERS: ReadonlyMap<string, RefinedOption> = new Map(
  REFINED_NAMES.map(name => [parameterName(name), name]),
)

/** Throws a UserError for a parameter that is not in `others` and that `segment` does not have, or that has a wrong value. */
export function segmentParameters(
  parameters: RequestParameters,
  others: Readonly<Record<string, true>>,
): RefinedOptions {
  checkOptionNames(parameters, { ...Object.fromEntries(PARAMETERS), ...others })
  const given = [...PARAMETERS].filter(([name]) => parameters[name] !== undefined)
  return Object.fromEntries(
    given.map(([name, option]) => [option, readParameter(option, parameters[name], name)]),
  )
}

/** An option that has a meaning without a value takes `true` for it, and `false` for none. */
function readParameter(option: RefinedOption, value: unknown, name: string): unknown {
  const { preset } = OPTION_TEXTS[option]
  if (preset !== undefined && isFlag(value)) return String(value) === 'true' ? preset : undefined
  const found = optionFromText(option, String(value))
  if (found !== undefined) return found
  const expected = `${preset === undefined ? '' : 'true, false, '}${expectedText(option)}`
  throw new UserError(`${name}: expected ${expected}, got ${shown(value)}`)
}

const isFlag = (value: unknown) => /^(true|false)$/.test(String(value))

/** The message of the library with the name of a parameter in place of the option's. */
export const withParameterName = (message: string): string =>
  message.replace(/^\w+(?=:)/, option =>
    [...PARAMETERS.values()].includes(option as never) ? parameterName(option) : option,
  )

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

export function booleanOf(name: string, value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new UserError(`${name}: expected true or false, got ${shown(value)}`)
}
