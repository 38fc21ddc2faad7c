// Options as text: their names in a command and in a URL, and the values that texts stand for.

import * as v from 'valibot'
import type { Declared } from '../options.ts'
import { OPTION_TEXTS, REFINED_OPTIONS, type RefinedOptions } from './inference_options.ts'

export type RefinedOption = keyof RefinedOptions

export const REFINED_NAMES = Object.keys(REFINED_OPTIONS) as RefinedOption[]

/** `outputStride` as a parameter of a request: `output_stride`. */
export const parameterName = (option: string): string => lowerCase(option, '_')

/** `outputStride` as a flag of a command: `output-stride`. */
export const flagName = (option: string): string => lowerCase(option, '-')

const lowerCase = (name: string, sign: string) =>
  name.replace(/[A-Z]/g, letter => sign + letter.toLowerCase())

/** The texts that an option takes, in words. */
export function expectedText(option: RefinedOption): string {
  const { expected, example } = OPTION_TEXTS[option]
  if (expected !== undefined) return expected
  return REFINED_OPTIONS[option].expected + (example === undefined ? '' : `, such as ${example}`)
}

/** The value of an option that a text says; undefined if it says none. Throws a UserError for parameters of a CRF that make no sense. */
export function optionFromText(option: RefinedOption, text: string): unknown {
  const { schema }: Declared = REFINED_OPTIONS[option]
  const { read = (text: string) => fromText(schema, text) } = OPTION_TEXTS[option]
  const value = read(text)
  return v.is(schema, value) ? value : undefined
}

/** The value that a text stands for in a schema of this kind: a list has commas. It may still be no value of the schema. */
function fromText(schema: v.GenericSchema, text: string): unknown {
  if (schema.type === 'number') return text.trim() === '' ? text : Number(text)
  if (schema.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (schema.type !== 'array') return text
  const { item } = schema as v.ArraySchema<v.GenericSchema, undefined>
  return text.split(',').map(part => fromText(item, part))
}
