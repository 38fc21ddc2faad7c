// Options: how they are declared, and the checks of a caller's options before anything runs. A misspelt option must not be ignored.

import * as v from 'valibot'
import { UserError } from './errors.ts'
import { printable } from './printable.ts'

/** An option as it is declared: the values that it takes, and the words for them in messages. */
export interface Declared<Value = unknown> {
  schema: v.GenericSchema<Value>
  /** The values that are expected, such as `a number above 0`. */
  expected: string
}

/**
 * Every option of an interface by name: as it is declared, or `true` where its value is checked elsewhere. The compiler reports a table
 * that misses one.
 */
export type DeclaredOptions<Options> = {
  [Name in keyof Options]-?: Declared<NonNullable<Options[Name]>> | true
}

/** An option that takes one of some texts. */
export const oneOfTexts = <const Texts extends readonly string[]>(...texts: Texts) => ({
  schema: v.picklist(texts),
  expected: texts.join(' or '),
})

export const FLAG = { schema: v.boolean(), expected: 'true or false' }

/** A function that is called back. Its type is the interface's to say. */
export const CALLBACK = {
  schema: v.custom<never>(value => typeof value === 'function'),
  expected: 'a function',
}

export const SIGNAL = {
  schema: v.custom<AbortSignal>(value => typeof (value as AbortSignal)?.throwIfAborted === 'function'),
  expected: 'an AbortSignal',
}

/** The names of the options that an object has. */
export const namesOf = <Options extends object>(options: Options): { [Name in keyof Options]-?: true } =>
  Object.fromEntries(Object.keys(options).map(name => [name, true as const])) as {
    [Name in keyof Options]-?: true
  }

type OptionTable = Readonly<Record<string, Declared | true>>

/** Throws a UserError that names the first option that is unknown or has a wrong value. Undefined options count as not given. */
export function checkOptions(options: object, declared: OptionTable): void {
  checkOptionNames(options, declared)
  checkOptionValues(options, declared)
}

/** Throws a UserError that names the first option with a wrong value. Options that are not declared are not looked at. */
export function checkOptionValues(options: object, declared: OptionTable): void {
  for (const [name, option] of Object.entries(declared)) {
    const value = (options as Record<string, unknown>)[name]
    if (option !== true && value !== undefined) checkOption(name, value, option)
  }
}

/** Throws a UserError that begins with the name if the value is not one that the option takes. */
export function checkOption(name: string, value: unknown, { schema, expected }: Declared): void {
  if (!v.is(schema, value)) throw new UserError(`${name}: expected ${expected}, got ${shown(value)}`)
}

/**
 * Throws a UserError if the options are not an object, or if an option's name is not in `known`. The message suggests the nearest
 * known name. Undefined options count as not given.
 */
export function checkOptionNames(options: unknown, known: Readonly<Record<string, unknown>>): void {
  if (typeof options !== 'object' || options === null)
    throw new UserError(`options: expected an object, got ${shown(options)}`)
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name))
      throw new UserError(`${printable(name)}: unknown option; ${hint(name, Object.keys(known))}`)
}

/** A wrong value for a message: short and on one line. The text '8' and the number 8 look different. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : printable(JSON.stringify(value))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return printable(String(value))
  if (Array.isArray(value))
    return value.length <= 8 ? printable(`[${value.map(shown).join(', ')}]`) : 'an array'
  const name = value.constructor?.name
  return typeof name === 'string' && name !== 'Object' && name !== ''
    ? `a value of type ${printable(name)}`
    : 'an object'
}

function hint(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '')
  const distances = known.map(candidate => ({
    candidate,
    distance: editDistance(plain(name), plain(candidate)),
  }))
  const [nearest] = distances.sort((a, b) => a.distance - b.distance)
  if (nearest && nearest.distance <= Math.max(1, Math.floor(nearest.candidate.length / 3)))
    return `did you mean ${nearest.candidate}?`
  return `expected ${known.join(', ')}`
}

/** Only so many letters of a name are compared: more take time and do not help. */
const MAX_NAME = 40

/** Levenshtein's distance: the number of letters to insert, delete or replace to turn one text into another. */
function editDistance(from: string, to: string): number {
  const [a, b] = [from.slice(0, MAX_NAME), to.slice(0, MAX_NAME)]
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]
}
