// Parses JSON from files and servers and checks it against a schema.

import * as v from 'valibot'
import { UserError } from './errors.ts'
import type { Declared } from './options.ts'
import { printable, printableUpTo } from './printable.ts'

/** The most characters that a message shows of a wrong value, and the longest message. */
const VALUE_LENGTH = 60
const MESSAGE_LENGTH = 300

/**
 * Parses a JSON text and checks it against the schema. Throws a UserError that begins with `source` and names the first wrong
 * field.
 */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  source: string,
): v.InferOutput<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UserError(`${source}: not JSON, or cut short`)
  }
  return checkJson(schema, value, source)
}

/**
 * Checks a parsed value against the schema. Throws as `parseJson` does. Without a source the message begins with the field, which
 * suits a caller's options.
 */
export function checkJson<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  source?: string,
): v.InferOutput<Schema> {
  const found = v.safeParse(schema, value, { abortEarly: true })
  if (found.success) return found.output
  const [issue] = found.issues
  const field = v.getDotPath(issue)
  const parts = [field === null ? '' : printable(field), printableUpTo(MESSAGE_LENGTH, messageOf(issue))]
  throw new UserError([source ?? '', ...parts].filter(part => part !== '').join(': '))
}

/**
 * A schema for a field with its own message. If any part of the field is wrong, the message is `expected TEXT; got VALUE` with
 * the value of the whole field.
 */
export const expecting = <Schema extends v.GenericSchema>(text: string, schema: Schema) =>
  v.custom<v.InferOutput<Schema>>(
    value => v.is(schema, value),
    ({ input }) =>
      input === undefined ? `missing; expected ${text}` : `expected ${text}; got ${abbreviated(input)}`,
  )

/** The fields of an object that may have some options, as they are declared. */
export const optionalFields = <Table extends Readonly<Record<string, Declared>>>(declared: Table) =>
  Object.fromEntries(
    Object.entries(declared).map(([name, { schema, expected }]) => [
      name,
      v.optional(expecting(expected, schema)),
    ]),
  ) as {
    [Name in keyof Table]: v.OptionalSchema<ReturnType<typeof expecting<Table[Name]['schema']>>, undefined>
  }

/** A schema for one of some values, which the message of a refusal lists. */
export const oneOf = <const Values extends readonly (string | number)[]>(...values: Values) =>
  expecting(values.join(', '), v.picklist(values))

/** A value as JSON for a message, shortened if it is long. */
function abbreviated(value: unknown): string {
  const text = typeof value === 'object' || typeof value === 'string' ? jsonOf(value) : String(value)
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text
}

/** A caller's value may not be valid JSON. */
function jsonOf(value: object | string | null): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object that is not JSON'
  }
}

/** This project's words for what valibot expects, by its names of types and of rules without a bound. */
const EXPECTED: Record<string, string> = {
  Array: 'a list',
  Object: 'an object',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  safe_integer: 'a whole number up to 2^53',
  finite: 'a finite number',
}

/** This project's words for its bounds on numbers and lengths. */
const BOUNDS: [sign: string, words: string][] = [
  ['>=', 'at least '],
  ['<=', 'at most '],
  ['>', 'more than '],
  ['<', 'less than '],
]

function messageOf({ message, type, expected, input, path }: v.BaseIssue<unknown>): string {
  if (!message.startsWith('Invalid ')) return lowerFirst(message)
  if (expected === 'never') return 'there is no such field'
  if (input === undefined && expected === JSON.stringify(path?.at(-1)?.key)) return 'missing'
  const what = expectation(type, expected)
  return input === undefined ? `missing; expected ${what}` : `expected ${what}; got ${abbreviated(input)}`
}

function expectation(type: string, expected: string | null): string {
  const known = EXPECTED[expected ?? type]
  if (known !== undefined) return known
  const text = expected ?? type.replaceAll('_', ' ')
  const bound = BOUNDS.find(([sign]) => text.startsWith(sign))
  if (bound)
    return `${type.endsWith('length') ? 'a length of ' : ''}${bound[1]}${text.slice(bound[0].length)}`
  // A choice, such as ("a" | "b").
  return text
    .replace(/^\((.*)\)$/, '$1')
    .replaceAll(' | ', ', ')
    .replaceAll('"', '')
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
