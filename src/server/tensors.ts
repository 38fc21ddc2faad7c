// Tensors of the Open Inference Protocol: from JSON or the binary data extension to bytes, and back.

import { UserError } from '../errors.ts'
import { shown } from '../options.ts'
import { printable } from '../printable.ts'
import { inTurns, JsonList, readListOfStrings, type Span, STEP_BYTES } from './bounded_json.ts'
import { RequestError } from './request.ts'

/** A tensor as the JSON of a request describes it. */
export interface TensorHeader {
  name: string
  datatype: string
  shape: readonly number[]
  /** A JsonList, if the request is right. */
  data?: unknown
}

/** An output of a model. */
export interface OutputTensor {
  name: string
  shape: number[]
  data: Uint8Array | Float32Array
}

/** A JSON answer has at most so many numbers: each takes up to 20 bytes. */
const MAX_JSON_NUMBERS = 2 ** 23

/** So many numbers are written in a step of a few milliseconds. */
const STEP_NUMBERS = 2 ** 14

export const datatypeOf = ({ data }: OutputTensor): string =>
  data instanceof Float32Array ? 'FP32' : 'UINT8'

/** The elements of a BYTES tensor. In JSON each one is base64; in binary, each one's length comes before it, in 4 bytes. */
export async function bytesElements(
  tensor: TensorHeader,
  binary: Uint8Array | undefined,
): Promise<Uint8Array[]> {
  const elements = binary ? prefixedElements(tensor, binary) : await inTurns(base64Elements(tensor))
  checkCount(tensor, elements.length)
  return elements
}

/** At most one more than the shape has. */
function prefixedElements({ name, shape }: TensorHeader, binary: Uint8Array): Uint8Array[] {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength)
  const elements: Uint8Array[] = []
  for (let at = 0; at < binary.length && elements.length <= shape[0]; ) {
    const end = at + 4 <= binary.length ? at + 4 + view.getUint32(at, true) : Infinity
    if (end > binary.length)
      throw new UserError(`${name}: element ${elements.length} is longer than the tensor's binary data`)
    elements.push(binary.subarray(at + 4, end))
    at = end
  }
  return elements
}

function* base64Elements(tensor: TensorHeader): Generator<void, Uint8Array[]> {
  const { name } = tensor
  const list = listOf(tensor)
  const elements: Uint8Array[] = []
  for (const [i, value] of readListOfStrings(list)
    .flat(MOST_DIMENSIONS - 1)
    .entries()) {
    if (Array.isArray(value)) throw tooDeep(name)
    const span = typeof value === 'string' ? list.strings[Number(value)] : undefined
    const bytes = span && (yield* decodeBase64(list.text.subarray(span.start + 1, span.end - 1)))
    if (!bytes)
      throw new UserError(
        `${name}: expected base64 as element ${i}, got ${span ? shownString(list, span) : shown(value)}`,
      )
    elements.push(bytes)
  }
  return elements
}

/** A string for a message, which shows its begin. */
const shownString = ({ text }: JsonList, { start, end }: Span): string =>
  printable(Buffer.from(text.subarray(start, Math.min(end, start + 400))).toString('utf8'))

const BASE64 = /^[A-Za-z0-9+/]*$/
const LAST_BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const [BACKSLASH] = Buffer.from('\\')

/** The bytes of a JSON string's text, or undefined if it is not base64. Some writers of JSON put a backslash before each slash. */
function* decodeBase64(text: Uint8Array): Generator<void, Uint8Array | undefined> {
  const bytes = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4))
  let length = 0
  let rest = ''
  for (let at = 0; at < text.length; yield) {
    let end = Math.min(text.length, at + STEP_BYTES)
    if (text[end - 1] === BACKSLASH) end++
    const part = rest + Buffer.from(text.subarray(at, end)).toString('latin1').replaceAll('\\/', '/')
    const isLast = end >= text.length
    const whole = part.slice(0, isLast ? undefined : part.length - (part.length % 4))
    if (!(isLast ? LAST_BASE64 : BASE64).test(whole)) return undefined
    length += bytes.write(whole, length, 'base64')
    rest = part.slice(whole.length)
    at = end
  }
  return bytes.subarray(0, length)
}

/** The elements of a UINT8 tensor. */
export async function uint8Elements(
  tensor: TensorHeader,
  binary: Uint8Array | undefined,
): Promise<Uint8Array> {
  const { name, shape } = tensor
  const expected = countOf(shape)
  const found = binary
    ? { elements: binary, count: binary.length }
    : await inTurns(readUint8s(listOf(tensor).text, { name, expected }))
  checkCount(tensor, found.count)
  return found.elements
}

const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

function checkCount({ name, shape }: TensorHeader, count: number): void {
  const expected = countOf(shape)
  if (count !== expected)
    throw new UserError(`${name}: the shape has ${expected} elements, and the data ${count}`)
}

function listOf({ name, data }: TensorHeader): JsonList {
  if (data instanceof JsonList) return data
  throw new UserError(`${name}: expected data as a list, got ${data === undefined ? 'none' : shown(data)}`)
}

/** The numbers of a list of JSON, with commas. Throws a RequestError with the status 413 if there are too many. */
export function* jsonNumbers({ name, data }: OutputTensor): Generator<void, Buffer[]> {
  if (data.length > MAX_JSON_NUMBERS)
    throw new RequestError(
      `${name}: ${data.length} numbers are too many for JSON, at most ${MAX_JSON_NUMBERS}; ask for binary_data`,
      { status: 413 },
    )
  const parts: Buffer[] = []
  for (let at = 0; at < data.length; at += STEP_NUMBERS, yield) {
    const text = JSON.stringify(Array.from(data.subarray(at, at + STEP_NUMBERS))).slice(1, -1)
    parts.push(Buffer.from(at > 0 ? `,${text}` : text))
  }
  return parts
}

/** Little-endian bytes, as all processors that Node runs on store them, but for s390x. */
export const binaryOf = ({ data }: OutputTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The protocol allows lists in lists, as the shape is, and one list of all elements. */
const MOST_DIMENSIONS = 4

/** A number in JSON with more characters is refused. */
const LONGEST_NUMBER = 40

const [ZERO, NINE, COMMA, LIST, LIST_END] = Buffer.from('09,[]')
const IS_SPACE = new Uint8Array(256)
for (const sign of Buffer.from(' \t\r\n')) IS_SPACE[sign] = 1
const IS_SEPARATOR = IS_SPACE.slice()
for (const sign of [COMMA, LIST, LIST_END]) IS_SEPARATOR[sign] = 1

/** The kinds of the next sign in a list. */
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

const tooDeep = (name: string): UserError =>
  new UserError(`${name}: expected lists in lists as the shape is, got deeper ones`)
