// Damaged copies of image files: besides random bytes, changes that get past check sums and lengths to what lies behind.

import { deflateSync, inflateSync } from 'node:zlib'
import { below, damageBytes, pick } from './mutants.ts'
import { pngChunk } from './png_chunk.ts'

type Random = () => number

/** A copy of an image file with one to three changes, of the kinds that its format knows and of bytes alone. */
export function damageImage(image: Uint8Array, random: Random): Uint8Array {
  const damage = pick([damageBytes, damageNumber, moveSlice, damageParts, damageParts], random)
  let damaged = damage(image, random)
  if (random() < 0.3) damaged = damageParts(damaged, random)
  return damaged
}

/** Sizes, counts and offsets at the ends of their ranges. */
const NUMBERS = [0, 1, 2, 0x7f, 0xff, 0x100, 0x3fff, 0x4000, 0x7fff, 0xffff, 0x10000, 0xffffff]
const LARGE_NUMBERS = [...NUMBERS, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

/** Overwrites a 16- or 32-bit number, of either byte order, mostly near the start, where headers are. */
export function damageNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = new Uint8Array(bytes) // the slice of a Buffer would be a view
  if (copy.length < 4) return copy
  const view = new DataView(copy.buffer)
  const end = random() < 0.5 ? Math.min(copy.length, 200) : copy.length
  const at = below(end - 3, random)
  const isLittle = random() < 0.5
  if (random() < 0.5) view.setUint16(at, pick(NUMBERS, random) & 0xffff, isLittle)
  else view.setUint32(at, pick(LARGE_NUMBERS, random), isLittle)
  return copy
}

/** Takes a slice out, and perhaps puts it in again, elsewhere or many times. */
export function moveSlice(bytes: Uint8Array, random: Random): Uint8Array {
  const from = below(bytes.length, random)
  const slice = bytes.slice(from, from + 1 + below(Math.min(200, bytes.length), random))
  const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + slice.length)])
  const at = below(rest.length + 1, random)
  const times = pick([0, 1, 2, 100], random)
  return Buffer.concat([rest.subarray(0, at), ...new Array(times).fill(slice), rest.subarray(at)])
}

/** Damages one part of a file as its format divides it, and keeps the others and all check sums right. */
function damageParts(bytes: Uint8Array, random: Random): Uint8Array {
  const format = formats.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte))
  const parts = format?.split(bytes) ?? []
  if (!format || parts.length === 0) return damageNumber(bytes, random)
  const index = below(parts.length, random)
  const action = random()
  if (action < 0.15) parts.splice(index, 1)
  else if (action < 0.3) parts.splice(below(parts.length, random), 0, parts[index])
  else if (action < 0.35) parts.splice(index, 0, ...new Array(200).fill(parts[index]))
  else parts[index] = damagePart(parts[index], random)
  return Buffer.concat([bytes.subarray(0, format.magic.length), ...parts.map(format.join)])
}

function damagePart(part: Part, random: Random): Part {
  const damage = pick([damageBytes, damageNumber, moveSlice], random)
  const inner = part.type === 'IDAT' && random() < 0.7 ? inflated(part.content) : undefined
  if (inner) return { ...part, content: deflateSync(damage(inner, random)) }
  const content = part.content.length > 0 ? part.content : new Uint8Array(1)
  return random() < 0.8 || part.tail.length === 0
    ? { ...part, content: damage(content, random) }
    : { ...part, tail: damage(part.tail, random) }
}

/** The rows of a PNG; undefined where a change before this one has damaged them. */
function inflated(content: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(content, { maxOutputLength: 1e6 })
  } catch {
    return undefined
  }
}

/** A PNG's chunk or a JPEG's segment. */
interface Part {
  type: string
  content: Uint8Array
  /** Compressed data that follows a segment. */
  tail: Uint8Array
}

interface Format {
  magic: number[]
  split(bytes: Uint8Array): Part[]
  join(part: Part): Uint8Array
}

const png: Format = {
  magic: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  split(bytes) {
    const buffer = Buffer.from(bytes)
    const parts: Part[] = []
    for (let at = 8; at + 12 <= buffer.length; ) {
      const end = at + 8 + buffer.readUInt32BE(at)
      const type = buffer.toString('latin1', at + 4, at + 8)
      parts.push({ type, content: buffer.subarray(at + 8, end), tail: new Uint8Array(0) })
      at = end + 4
    }
    return parts
  },
  join: ({ type, content }) => pngChunk(type, content),
}

const jpeg: Format = {
  magic: [0xff, 0xd8],
  split(bytes) {
    const buffer = Buffer.from(bytes)
    const parts: Part[] = []
    for (let at = 2; at + 4 <= buffer.length && buffer[at] === 0xff; ) {
      const end = Math.min(buffer.length, at + 2 + Math.max(2, buffer.readUInt16BE(at + 2)))
      let next = end
      // Within compressed data 0xff is followed by 0 or by a restart's number.
      const isData = (code: number) => code === 0 || (code >= 0xd0 && code <= 0xd7)
      while (next + 1 < buffer.length && (buffer[next] !== 0xff || isData(buffer[next + 1]))) next++
      const type = String.fromCharCode(buffer[at + 1])
      parts.push({ type, content: buffer.subarray(at + 4, end), tail: buffer.subarray(end, next) })
      at = next
    }
    return parts
  },
  join({ type, content, tail }) {
    const head = Buffer.from([0xff, type.charCodeAt(0), 0, 0])
    head.writeUInt16BE((content.length + 2) & 0xffff, 2)
    return Buffer.concat([head, content, tail])
  },
}

const formats = [png, jpeg]
