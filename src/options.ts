// Options that a caller gives, checked before anything runs: a misspelt option must not be ignored.

import { UserError } from './errors.ts'
import { printable } from './printable.ts'

/** Every option of an interface by name, so that the compiler finds a list that misses one. */
export type OptionNames<Options> = { [Name in keyof Options]-?: true }

/** The names of the options that an object has. */
export const namesOf = <Options extends object>(options: Options): OptionNames<Options> =>
  Object.fromEntries(Object.keys(options).map(name => [name, true as const])) as OptionNames<Options>

/**
 * Throws a UserError where the options are no object, or where one has a name that is not in `known`: the message has the
 * nearest known name. Options that are undefined count as not given.
 */
export function checkOptionNames(options: unknown, known: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null)
    throw new UserError(`options: expected an object, got ${shown(options)}`)
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name))
      throw new UserError(`${printable(name)}: unknown option; ${hint(name, Object.keys(known))}`)
}

/** Throws a UserError where there is a signal that is none, and the signal's reason where it is aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw new UserError(`signal: expected an AbortSignal, got ${shown(signal)}`)
  signal?.throwIfAborted()
}

/** Throws a UserError where there is a callback that is no function. */
export function checkCallback(name: string, callback: unknown): void {
  if (callback !== undefined && typeof callback !== 'function')
    throw new UserError(`${name}: expected a function, got ${shown(callback)}`)
}

/** Throws a UserError where an option is given and is none of the choices. */
export function checkChoice<Choice>(
  name: string,
  value: Choice | undefined,
  choices: readonly Choice[],
): void {
  if (value !== undefined && !choices.includes(value))
    throw new UserError(`${name}: expected ${choices.join(' or ')}, got ${shown(value)}`)
}

/** A wrong value for a message: short, on one line, and so that the text '8' and the number 8 look different. */
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

/** Letters beyond this do not tell names apart, and would take time. */
const MAX_NAME = 40

/** Levenshtein's: how many letters to insert, delete or replace to make one text of another. */
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
