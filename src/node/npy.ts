// NumPy's .npy format: a header that is a Python literal, then the numbers.

import { UserError } from '../errors.ts'

const MAGIC = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]
/** The numbers start at a multiple of this, so that they can be memory-mapped. */
const ALIGNMENT = 64

/** A file of float32 in C order, in two pieces: the header, and the numbers' bytes without a copy. */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array[] {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map(size => `${size},`).join(' ')}), }`
  const before = MAGIC.length + 2
  const length = Math.ceil((before + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - before
  const header = new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`)
  const { buffer, byteOffset, byteLength } = data
  return [
    Uint8Array.from([...MAGIC, length & 0xff, length >> 8, ...header]),
    new Uint8Array(buffer, byteOffset, byteLength),
  ]
}

/** An array of a .npy file, whose numbers are not read yet. */
export interface NpyArray {
  /** Such as `<f4`. */
  descr: string
  isFortran: boolean
  shape: number[]
  /** Where the numbers begin. */
  offset: number
}

export const isNpy = (bytes: Uint8Array): boolean => MAGIC.slice(0, 6).every((byte, i) => bytes[i] === byte)

/** Reads the header of a .npy file. Throws a UserError if it is none. */
export function npyHeader(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isFirst = bytes[6] === 1
  const start = isFirst ? 10 : 12
  const length = bytes.length < start ? 0 : isFirst ? view.getUint16(8, true) : view.getUint32(8, true)
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, start + Math.min(length, MAX_HEADER)))
  const [, descr] = /'descr': *'([^']*)'/.exec(text) ?? []
  const [, order] = /'fortran_order': *(True|False)/.exec(text) ?? []
  const [, sizes] = /'shape': *\(([\d, L]*)\)/.exec(text) ?? []
  if (descr === undefined || order === undefined || sizes === undefined)
    throw new UserError('a NumPy file whose header cannot be read')
  const shape = sizes.split(',').flatMap(size => (size.trim() === '' ? [] : [Number.parseInt(size, 10)]))
  return { descr, isFortran: order === 'True', shape, offset: start + length }
}

/** No image's header has so many bytes. */
const MAX_HEADER = 4096

type Reader = readonly [make: new (length: number) => NpyNumbers, read: keyof DataView & `get${string}`]
type NpyNumbers =
  | Uint8Array
  | Uint16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array

/** How numbers are read, by their type in NumPy's words. */
const READERS: Record<string, Reader> = {
  u1: [Uint8Array, 'getUint8'],
  u2: [Uint16Array, 'getUint16'],
  u4: [Uint32Array, 'getUint32'],
  i1: [Int8Array, 'getInt8'],
  i2: [Int16Array, 'getInt16'],
  i4: [Int32Array, 'getInt32'],
  f4: [Float32Array, 'getFloat32'],
  f8: [Float64Array, 'getFloat64'],
}

/** The numbers of a .npy file in the order of the file. Throws a UserError for a type that is not read, and for a file that is cut short. */
export function npyNumbers(bytes: Uint8Array, { descr, shape, offset }: NpyArray): NpyNumbers {
  const [, order, type] = /^([<>|=])([a-z]\d+)$/.exec(descr) ?? []
  const reader = READERS[type ?? '']
  if (!reader)
    throw new UserError(`numbers of the type ${descr}: expected ${Object.keys(READERS).join(', ')}`)
  const [make, read] = reader
  const length = shape.reduce((a, b) => a * b, 1)
  const size = Number(type[1])
  if (bytes.length < offset + length * size) throw new UserError('damaged or cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length * size)
  const numbers = new make(length)
  const get = view[read] as (at: number, isLittle: boolean) => number
  for (let i = 0; i < length; i++) numbers[i] = get.call(view, i * size, order !== '>')
  return numbers
}
