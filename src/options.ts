// Checks a caller's options before anything runs: a misspelt option must not be ignored.

import { UserError } from './errors.ts'
import { printable } from './printable.ts'

/** Every option of an interface by name. The compiler reports a list that misses one. */
export type OptionNames<Options> = { [Name in keyof Options]-?: true }

/** The names of the options that an object has. */
export const namesOf = <Options extends object>(options: Options): OptionNames<Options> =>
  Object.fromEntries(Object.keys(options).map(name => [name, true as const])) as OptionNames<Options>

/**
 * Throws a UserError if the options are not an object, or if an option's name is not in `known`. The message suggests the nearest
 * known name. Undefined options count as not given.
 */
export function checkOptionNames(options: unknown, known: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null)
    throw new UserError(`options: expected an object, got ${shown(options)}`)
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name))
      throw new UserError(`${printable(name)}: unknown option; ${hint(name, Object.keys(known))}`)
}

/** Throws a UserError if the signal is given and is not an AbortSignal. Throws the signal's reason if the signal is aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw new UserError(`signal: expected an AbortSignal, got ${shown(signal)}`)
  signal?.throwIfAborted()
}

/** Throws a UserError if the callback is given and is not a function. */
export function checkCallback(name: string, callback: unknown): void {
  if (callback !== undefined && typeof callback !== 'function')
    throw new UserError(`${name}: expected a function, got ${shown(callback)}`)
}

/** Throws a UserError if the option is given and is not one of the choices. */
export function checkChoice<Choice>(
  name: string,
  value: Choice | undefined,
  choices: readonly Choice[],
): void {
  if (value !== undefined && !choices.includes(value))
    throw new UserError(`${name}: expected ${choices.join(' or ')}, got ${shown(value)}`)
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
