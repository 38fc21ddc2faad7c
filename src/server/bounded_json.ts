// JSON of a request, within limits and in steps.

import { setImmediate } from 'node:timers/promises'
import type * as v from 'valibot'
import { Mutex } from '../concurrency.ts'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { printable } from '../printable.ts'
import { RequestError } from './request.ts'

const turn = new Mutex()

/**
 * Runs work that yields after each step of a few milliseconds. The first step runs at once, so that short work does not wait. Of the
 * others, each turn of the event loop runs one, whatever the number of requests: they take turns.
 */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await turn.run(() => setImmediate())
  }
}

/** The limits of the JSON beside the elements of tensors. */
const MOST_BYTES = 2 ** 16
const MOST_VALUES = 1024
/** How deep lists and objects may be in each other, those of elements included. */
const MOST_DEPTH = 16

/** So many bytes are a step of about a millisecond. */
export const STEP_BYTES = 2 ** 18

/** A part of a text: from a place to before another. */
export interface Span {
  start: number
  end: number
}

/** A list to cut out, with the strings in it. */
interface Cut extends Span {
  strings: Span[]
}

/** A list of JSON as text, with the spans of the strings in it, their quotes included. */
export class JsonList {
  readonly text: Uint8Array
  readonly strings: readonly Span[]

  constructor(text: Uint8Array, strings: readonly Span[]) {
    this.text = text
    this.strings = strings
  }

  /** For messages that show a wrong value. */
  toJSON(): string {
    return '[…]'
  }
}

/**
 * The value of a JSON text, in which each list that a field `data` has is a JsonList. `checkStrings` gets the number of strings in such a
 * list as it grows, and throws if they are too many. Throws a UserError if the text is not JSON, and a RequestError if it is over a limit.
 */
export async function readBoundedJson(
  bytes: Uint8Array,
  checkStrings: (count: number) => void,
): Promise<unknown> {
  const cuts = await inTurns(new ListCutter(bytes, checkStrings).cutAll())
  const rest = bytes.length - cuts.reduce((sum, { start, end }) => sum + end - start, 0)
  checkBytes(rest)
  const lists = cuts.map(
    ({ start, end, strings }) =>
      new JsonList(
        bytes.subarray(start, end),
        strings.map(each => ({ start: each.start - start, end: each.end - start })),
      ),
  )
  // Every list of a field `data` is cut out, so that each one that is here holds a number of ours.
  return parsed(
    textWithout(bytes, cuts, i => `[${i}]`),
    (key, value) => (key === 'data' && Array.isArray(value) ? lists[value[0]] : value),
  )
}

/** The value of a list in which each string is that at its index in `strings`, as a number in text. */
export function readListOfStrings({ text, strings }: JsonList): unknown[] {
  checkBytes(text.length - strings.reduce((sum, { start, end }) => sum + end - start, 0))
  return parsed(textWithout(text, strings, i => `"${i}"`)) as unknown[]
}

function parsed(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver)
  } catch (error) {
    throw new UserError(`the request is not JSON (${printable((error as Error).message)})`)
  }
}

function checkBytes(bytes: number): void {
  if (bytes > MOST_BYTES)
    throw new RequestError(`expected at most ${MOST_BYTES} bytes of JSON beside data, got ${bytes}`, {
      status: 413,
    })
}

/** A text with other texts in place of its spans. */
function textWithout(bytes: Uint8Array, spans: readonly Span[], other: (i: number) => string): string {
  const pieces = spans.flatMap(({ start }, i) => [
    bytes.subarray(spans[i - 1]?.end ?? 0, start),
    Buffer.from(other(i)),
  ])
  return Buffer.concat([...pieces, bytes.subarray(spans.at(-1)?.end ?? 0)]).toString('utf8')
}

const [QUOTE, BACKSLASH, COMMA, COLON] = Buffer.from('"\\,:')
const [LIST, LIST_END, OBJECT, OBJECT_END] = Buffer.from('[]{}')

const IS_SIGN = new Uint8Array(256)
for (const sign of [QUOTE, BACKSLASH, COMMA, COLON, LIST, LIST_END, OBJECT, OBJECT_END]) IS_SIGN[sign] = 1

/** Finds the lists that fields `data` have, and counts all else. */
class ListCutter {
  readonly cuts: Cut[] = []
  readonly #bytes: Uint8Array
  readonly #checkStrings: (count: number) => void
  #depth = 0
  #values = 0
  /** The string that is read, or was last: it has no end before its last quote. */
  #string: Span = { start: 0, end: 0 }
  #isInString = false
  /** Whether the value that comes next is that of a field `data`. */
  #isData = false
  /** The list that is cut out now, and how deep it stands. */
  #cut: Cut | undefined
  #cutDepth = 0

  constructor(bytes: Uint8Array, checkStrings: (count: number) => void) {
    this.#bytes = bytes
    this.#checkStrings = checkStrings
  }

  *cutAll(): Generator<void, Cut[]> {
    const { length } = this.#bytes
    for (let at = 0; at < length; yield) at = this.#read(at, Math.min(length, at + STEP_BYTES))
    return this.cuts
  }

  #read(from: number, to: number): number {
    const bytes = this.#bytes
    let at = from
    for (; at < to; at++) {
      const sign = bytes[at]
      if (IS_SIGN[sign] === 0) continue
      if (sign === BACKSLASH) at++
      else if (sign === QUOTE) this.#quote(at)
      else if (!this.#isInString) this.#structure(sign, at)
    }
    return at
  }

  #quote(at: number): void {
    this.#isInString = !this.#isInString
    if (this.#isInString) this.#string = { start: at, end: at }
    else {
      this.#string.end = at + 1
      if (this.#cut) this.#checkStrings(this.#cut.strings.push(this.#string))
    }
  }

  #structure(sign: number, at: number): void {
    if (this.#cut && (sign === OBJECT || sign === COLON))
      throw new UserError('data: expected a list of numbers or of base64, got an object in it')
    const isData = this.#isData
    this.#isData = sign === COLON && this.#isNameData()
    if (sign === LIST && isData) {
      this.#cut = { start: at, end: at, strings: [] }
      this.#cutDepth = this.#depth
    }
    if (sign === LIST || sign === OBJECT) this.#enter()
    else if (sign === LIST_END || sign === OBJECT_END) this.#leave(at + 1)
    else this.#count()
  }

  #enter(): void {
    this.#count()
    if (++this.#depth > MOST_DEPTH)
      throw new UserError(`the request: expected at most ${MOST_DEPTH} lists and objects in each other`)
  }

  #leave(end: number): void {
    this.#depth--
    if (this.#cut && this.#depth <= this.#cutDepth) {
      this.cuts.push({ ...this.#cut, end })
      this.#cut = undefined
    }
  }

  /** Counts a value or a key beside those in lists that are cut out. */
  #count(): void {
    if (!this.#cut && ++this.#values > MOST_VALUES)
      throw new RequestError(`the request: expected at most ${MOST_VALUES} values and keys beside data`, {
        status: 413,
      })
  }

  #isNameData(): boolean {
    const { start, end } = this.#string
    if (end - start > LONGEST_DATA) return false
    const name = Buffer.from(this.#bytes.subarray(start, end)).toString('latin1')
    return name === '"data"' || (name.includes('\\') && parsed(name) === 'data')
  }
}

/** `"data"` with each letter as an escape. */
const LONGEST_DATA = 26

/** JSON that fits a schema; `readBoundedJson` has the limits. Throws a UserError that names the first wrong field. */
export const requestJson = async <Schema extends v.GenericSchema>(
  schema: Schema,
  json: Uint8Array,
  checkStrings: (count: number) => void = () => {},
): Promise<v.InferOutput<Schema>> => checkJson(schema, await readBoundedJson(json, checkStrings))
