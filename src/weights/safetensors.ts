import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import {
  BYTES_PER_ELEMENT,
  elementCount,
  MAX_AXES,
  narrow,
  readAs,
  type StoredDtype,
  widen,
} from './dtype.ts'
import type { HostTensor, StateDict } from './tensor.ts'

/*
 * The safetensors format: 8 bytes little-endian with the header's length, the header as JSON
 *   { "__metadata__": { text: text }, "tensor name": { dtype, shape, data_offsets: [begin, end] }, … }
 * then the data, which the tensors fill without overlaps or gaps. Offsets are relative to the first byte of the data.
 */

const DTYPES: Record<string, StoredDtype> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
} as const

const dtypeName = (dtype: StoredDtype) => Object.keys(DTYPES).find(name => DTYPES[name] === dtype)!

/** A header takes about 100 bytes per tensor. The format allows 100 MB, but parsing so much invalid text takes minutes. */
const MAX_HEADER_BYTES = 4_000_000

/** The header's entry for metadata. */
const METADATA = '__metadata__'

interface Entry {
  name: string
  dtype: StoredDtype
  shape: number[]
  begin: number
  end: number
}

/**
 * Reads a whole safetensors file. Tensors are views of `bytes` if dtype and alignment allow.
 * F64 is narrowed to f32. Throws a UserError for anything that is not a valid file of floats and integers.
 */
export function readSafetensors(bytes: Uint8Array): StateDict {
  const { header, data } = splitHeader(bytes)
  const entries = Object.entries(parseHeader(header))
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => checkEntry(name, value))
  checkTiling(entries, data.length)
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype: readAs(dtype), shape, data: widen(data.subarray(begin, end), dtype) },
    ]),
  )
}

function splitHeader(bytes: Uint8Array): { header: string; data: Uint8Array } {
  if (bytes.length < 8) {
    throw new UserError(`safetensors: the file ends inside its first 8 bytes (it has ${bytes.length})`)
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > MAX_HEADER_BYTES) {
    throw new UserError(`safetensors: a header of ${length} bytes is over the limit of ${MAX_HEADER_BYTES}`)
  }
  if (length > bytes.length - 8) {
    throw new UserError(
      `safetensors: the header of ${length} bytes ends beyond the file of ${bytes.length}; is it cut short?`,
    )
  }
  const header = bytes.subarray(8, 8 + length)
  try {
    return {
      header: new TextDecoder('utf-8', { fatal: true }).decode(header),
      data: bytes.subarray(8 + length),
    }
  } catch {
    throw new UserError('safetensors: the header is not UTF-8 text')
  }
}

function parseHeader(text: string): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch {
    throw new UserError('safetensors: the header is not JSON')
  }
  if (!isObject(header)) throw new UserError('safetensors: the header is not a JSON object')
  checkMetadata(header[METADATA])
  // JSON.parse silently keeps the last of two equal names. Every value is a flat object. So the text holds `"name": {` once for
  // each name, and more often only if a name is repeated.
  let names = 0
  for (const [, opens] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:\s*\{)?/g)) if (opens) names++
  if (names > Object.keys(header).length) throw new UserError('safetensors: the header names a tensor twice')
  return header
}

function checkMetadata(metadata: unknown): void {
  if (metadata === undefined) return
  if (!isObject(metadata) || !Object.values(metadata).every(value => typeof value === 'string')) {
    throw new UserError('safetensors: __metadata__ is not a map from text to text')
  }
}

function checkEntry(name: string, value: unknown): Entry {
  const fail = (what: string) => new UserError(`safetensors: tensor "${printable(name)}" ${what}`)
  if (!isObject(value)) throw fail('is not described by an object')
  const { dtype: typeName, shape, data_offsets: offsets } = value
  if (typeof typeName !== 'string') throw fail('has no dtype')
  if (!Object.hasOwn(DTYPES, typeName)) {
    throw fail(`has dtype "${printable(typeName)}"; supported are ${Object.keys(DTYPES).join(', ')}`)
  }
  if (!isArrayOfSizes(shape)) throw fail('has a shape that is not a list of whole numbers')
  if (shape.length > MAX_AXES) throw fail(`has ${shape.length} axes; at most ${MAX_AXES} are supported`)
  if (!isArrayOfSizes(offsets) || offsets.length !== 2)
    throw fail('has data_offsets that are not two whole numbers')
  const [begin, end] = offsets
  const dtype = DTYPES[typeName]
  const size = elementCount(shape) * BYTES_PER_ELEMENT[dtype]
  if (end - begin !== size) {
    const of = `of shape [${printable(shape.join(', '))}] and dtype ${typeName}`
    throw fail(`${of} takes ${size} bytes, but its offsets span ${end - begin}`)
  }
  return { name, dtype, shape, begin, end }
}

function checkTiling(entries: Entry[], dataLength: number): void {
  let position = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const tensor = `safetensors: tensor "${printable(name)}"`
    if (end > dataLength) {
      throw new UserError(
        `${tensor} ends at byte ${end} of ${dataLength} bytes of data; is the file cut short?`,
      )
    }
    if (begin < position) throw new UserError(`${tensor} overlaps the tensor before it`)
    if (begin > position)
      throw new UserError(`${tensor} leaves a hole of ${begin - position} bytes before it`)
    position = end
  }
  if (position < dataLength) {
    throw new UserError(`safetensors: ${dataLength - position} bytes of data belong to no tensor`)
  }
}

/**
 * Writes a safetensors file, each tensor in its own dtype. Names keep their order. The widest elements come first in the data, so
 * that every tensor is aligned and a reader needs no copy. The default metadata is what Hugging Face's transformers requires.
 * Throws a UserError for a tensor with a name that the format reserves.
 */
export function writeSafetensors(
  tensors: StateDict,
  metadata: Record<string, string> = { format: 'pt' },
): Uint8Array {
  if (tensors.has(METADATA)) throw new UserError(`safetensors: a tensor cannot have the name ${METADATA}`)
  const offsets = new Map<string, [number, number]>()
  let dataLength = 0
  for (const [name, tensor] of byElementSize(tensors)) {
    const begin = dataLength
    dataLength += tensor.data.length * BYTES_PER_ELEMENT[tensor.dtype]
    offsets.set(name, [begin, dataLength])
  }
  const header = encodeHeader(tensors, offsets, metadata)
  const file = new Uint8Array(8 + header.length + dataLength)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  for (const [name, tensor] of tensors) file.set(narrow(tensor), 8 + header.length + offsets.get(name)![0])
  return file
}

function byElementSize(tensors: StateDict): [string, HostTensor][] {
  return [...tensors].sort(([, a], [, b]) => BYTES_PER_ELEMENT[b.dtype] - BYTES_PER_ELEMENT[a.dtype])
}

function encodeHeader(
  tensors: StateDict,
  offsets: Map<string, [number, number]>,
  metadata: Record<string, string>,
): Uint8Array {
  const entries = [...tensors].map(([name, { dtype, shape }]) => [
    name,
    { dtype: dtypeName(dtype), shape, data_offsets: offsets.get(name) },
  ])
  const json = new TextEncoder().encode(
    JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) }),
  )
  // Padded with spaces to a multiple of 8, which aligns the data.
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20)
  padded.set(json)
  return padded
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isArrayOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(n => Number.isSafeInteger(n) && n >= 0)
}
