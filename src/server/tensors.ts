// Tensors of the Open Inference Protocol: from JSON or the binary data extension to bytes, and back.

import { UserError } from '../errors.ts'
import { shown } from '../options.ts'
import { RequestError } from './request_error.ts'

/** A tensor as the JSON of a request describes it. */
export interface TensorHeader {
  name: string
  datatype: string
  shape: readonly number[]
  data?: unknown
}

/** An output of a model. */
export interface OutputTensor {
  name: string
  shape: number[]
  data: Uint8Array | Float32Array
}

/** A JSON answer has at most so many numbers: more would hold up all other requests while they are written. */
export const MAX_JSON_NUMBERS = 2 ** 23

export const datatypeOf = ({ data }: OutputTensor): string =>
  data instanceof Float32Array ? 'FP32' : 'UINT8'

/** The elements of a BYTES tensor. In JSON each one is base64; in binary, each one's length comes before it, in 4 bytes. */
export function bytesElements(tensor: TensorHeader, binary: Uint8Array | undefined): Uint8Array[] {
  const elements = binary ? prefixedElements(tensor.name, binary) : base64Elements(tensor)
  if (elements.length !== tensor.shape[0])
    throw new UserError(
      `${tensor.name}: the shape has ${tensor.shape[0]} elements, and the data ${elements.length}`,
    )
  return elements
}

function prefixedElements(name: string, binary: Uint8Array): Uint8Array[] {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength)
  const elements: Uint8Array[] = []
  for (let at = 0; at < binary.length; ) {
    const end = at + 4 <= binary.length ? at + 4 + view.getUint32(at, true) : Infinity
    if (end > binary.length)
      throw new UserError(`${name}: element ${elements.length} is longer than the tensor's binary data`)
    elements.push(binary.subarray(at + 4, end))
    at = end
  }
  return elements
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function base64Elements({ name, data }: TensorHeader): Uint8Array[] {
  return flat(name, data).map((element, i) => {
    if (typeof element !== 'string' || !BASE64.test(element))
      throw new UserError(`${name}: expected base64 as element ${i}, got ${shown(element)}`)
    return Buffer.from(element, 'base64')
  })
}

/** The elements of a UINT8 tensor. */
export function uint8Elements(tensor: TensorHeader, binary: Uint8Array | undefined): Uint8Array {
  const elements = binary ?? uint8s(tensor)
  const expected = tensor.shape.reduce((a, b) => a * b, 1)
  if (elements.length !== expected)
    throw new UserError(`${tensor.name}: the shape has ${expected} elements, and the data ${elements.length}`)
  return elements
}

function uint8s({ name, data }: TensorHeader): Uint8Array {
  const elements = flat(name, data)
  const isUint8 = (element: unknown) =>
    Number.isInteger(element) && (element as number) >= 0 && (element as number) <= 255
  const wrong = elements.find(element => !isUint8(element))
  if (wrong !== undefined)
    throw new UserError(`${name}: expected whole numbers from 0 to 255, got ${shown(wrong)}`)
  return Uint8Array.from(elements as number[])
}

/** The protocol allows lists in lists, as the shape is, and one list of all elements. */
function flat(name: string, data: unknown): unknown[] {
  if (!Array.isArray(data)) throw new UserError(`${name}: expected data as a list, got ${shown(data)}`)
  if (!data.some(Array.isArray)) return data
  const elements = data.flat(MOST_DIMENSIONS - 1)
  if (elements.some(Array.isArray))
    throw new UserError(`${name}: expected lists in lists as the shape is, got deeper ones`)
  return elements
}

const MOST_DIMENSIONS = 4

/** Numbers for JSON. Throws a RequestError with the status 413 if there are too many. */
export function jsonNumbers({ name, data }: OutputTensor): number[] {
  if (data.length > MAX_JSON_NUMBERS)
    throw new RequestError(
      `${name}: ${data.length} numbers are too many for JSON, at most ${MAX_JSON_NUMBERS}; ask for binary_data`,
      { status: 413 },
    )
  return Array.from(data)
}

/** Little-endian bytes, as all processors that Node runs on store them, but for s390x. */
export const binaryOf = ({ data }: OutputTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
