// Reads numbers from 0 to 255 from a list of JSON, also from lists in lists. JSON.parse would take ten times the memory, and would hold
// the event loop for as long as millions of numbers take.

import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { STEP_BYTES } from './bounded_json.ts'

/** The protocol allows lists in lists, as the shape is, and one list of all elements. */
export const MOST_DIMENSIONS = 4

/** A number in JSON with more characters is refused. */
const LONGEST_NUMBER = 40

const [ZERO, NINE, COMMA, LIST, LIST_END] = Buffer.from('09,[]')
const IS_SPACE = new Uint8Array(256)
for (const sign of Buffer.from(' \t\r\n')) IS_SPACE[sign] = 1
const IS_SEPARATOR = IS_SPACE.slice()
for (const sign of [COMMA, LIST, LIST_END]) IS_SEPARATOR[sign] = 1

/** What may come next in a list. */
const [VALUE_OR_END, VALUE, COMMA_OR_END] = [0, 1, 2]

/** Elements above the `expected` ones are counted and not kept. Throws a UserError that begins with `name`. */
export function* readUint8s(
  text: Uint8Array,
  { name, expected }: { name: string; expected: number },
): Generator<void, { elements: Uint8Array; count: number }> {
  const elements = new Uint8Array(Math.min(expected, Math.ceil(text.length / 2)))
  const reader = new Uint8Reader(text, { name, elements })
  for (let at = 0; at < text.length; yield) at = reader.read(at, Math.min(text.length, at + STEP_BYTES))
  return { elements, count: reader.count }
}

class Uint8Reader {
  count = 0
  readonly #text: Uint8Array
  readonly #name: string
  readonly #elements: Uint8Array
  #depth = 0
  #next = VALUE

  constructor(text: Uint8Array, { name, elements }: { name: string; elements: Uint8Array }) {
    this.#text = text
    this.#name = name
    this.#elements = elements
  }

  /** Reads what begins before `to`, and returns where it ends. */
  read(from: number, to: number): number {
    const text = this.#text
    let at = from
    while (at < to) {
      const sign = text[at]
      if (IS_SPACE[sign] === 1) at++
      else if (IS_SEPARATOR[sign] === 1) this.#separator(sign, at++)
      else at = this.#number(at)
    }
    return at
  }

  #separator(sign: number, at: number): void {
    if (sign === LIST) {
      if (this.#next === COMMA_OR_END) throw this.#notJson(at)
      if (++this.#depth > MOST_DIMENSIONS) throw tooDeep(this.#name)
      this.#next = VALUE_OR_END
    } else {
      if (this.#next === VALUE || (sign === COMMA && this.#next === VALUE_OR_END)) throw this.#notJson(at)
      if (sign === LIST_END) this.#depth--
      this.#next = sign === COMMA ? VALUE : COMMA_OR_END
    }
  }

  /** Reads an element, and returns where it ends. Most have one to three digits. */
  #number(at: number): number {
    if (this.#next === COMMA_OR_END) throw this.#notJson(at)
    const text = this.#text
    let end = at
    let value = 0
    while (end < at + 3 && text[end] >= ZERO && text[end] <= NINE) value = value * 10 + text[end++] - ZERO
    if (IS_SEPARATOR[text[end]] === 0 || (text[at] === ZERO && end > at + 1) || value > 255) {
      end = at
      while (IS_SEPARATOR[text[end]] === 0 && end < at + LONGEST_NUMBER) end++
      value = this.#wholeNumber(at, end)
    }
    this.#elements[this.count++] = value
    this.#next = COMMA_OR_END
    return end
  }

  /** An element that is written in another way, such as 1.0 or 2e2. */
  #wholeNumber(at: number, end: number): number {
    const written = Buffer.from(this.#text.subarray(at, end)).toString('utf8')
    const value = numberOf(written)
    if (Number.isInteger(value) && value >= 0 && value <= 255) return value
    throw new UserError(`${this.#name}: expected whole numbers from 0 to 255, got ${printable(written)}`)
  }

  #notJson(at: number): UserError {
    const sign = printable(String.fromCharCode(this.#text[at]))
    return new UserError(
      `the request is not JSON (${this.#name}: ${JSON.stringify(sign)} in data at byte ${at})`,
    )
  }
}

function numberOf(written: string): number {
  try {
    const value: unknown = JSON.parse(written)
    return typeof value === 'number' ? value : Number.NaN
  } catch {
    return Number.NaN
  }
}

export const tooDeep = (name: string): UserError =>
  new UserError(`${name}: expected lists in lists as the shape is, got deeper ones`)
