// Reads class ids out of PNGs. Other decoders convert palette indices to colours, and allocate as much memory as a file states.

import { UserError } from '../errors.ts'
import type { Mask } from './mask_png.ts'
import { MAX_PHOTO_PIXELS } from './pixels.ts'

interface Header {
  width: number
  height: number
  /** Bits per pixel: 1, 2, 4 or 8. */
  depth: number
  interlaced: boolean
}

/** What Node and browsers each have of their own. */
interface Platform {
  /** Inflates at most `most` bytes. Rejects for damaged data, and may for more bytes. */
  inflate(data: Uint8Array, most: number): Promise<Uint8Array>
  /** Without it, the check sums of the parts are not looked at; that of the pixels is a part of what is inflated. */
  crc32?(bytes: Uint8Array): number
}

/**
 * Decodes a palette PNG (its indices) or a greyscale PNG (its values) of 1 to 8 bits per pixel. The header is checked first, since it
 * determines the memory needed. Throws a UserError, which does not name the file, for a file that is not a PNG, is damaged, has colours
 * or 16 bits, or is larger than a photo may be.
 */
export async function decodeMaskPng(png: Uint8Array, { inflate, crc32 }: Platform): Promise<Mask> {
  const { header, data } = readChunks(png, crc32)
  const passes = passesOf(header)
  const length = passes.reduce((sum, { rowBytes, rows }) => sum + rows * (1 + rowBytes), 0)
  const rows = await inflateTo(length, data, inflate)
  const mask = new Uint8Array(header.height * header.width)
  placePasses(rows, { header, passes, values: mask })
  return { mask, width: header.width, height: header.height }
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The header and the compressed rows. Other chunks, such as text and colour profiles, are skipped. */
function readChunks(png: Uint8Array, crc32: Platform['crc32']): { header: Header; data: Uint8Array } {
  if (SIGNATURE.some((byte, i) => png[i] !== byte)) throw damaged('not a PNG')
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const parts: Uint8Array[] = []
  let header: Header | undefined
  for (let at = SIGNATURE.length; ; ) {
    const end = at + 8 + (at + 8 <= png.length ? view.getUint32(at) : 0)
    if (end + 4 > png.length) throw damaged('cut short')
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8))
    if (crc32 && crc32(png.subarray(at + 4, end)) !== view.getUint32(end))
      throw damaged('a check sum is wrong')
    const content = png.subarray(at + 8, end)
    if (!header) header = readHeader(type, content)
    else if (type === 'IDAT') parts.push(content)
    else if (type === 'IEND') return { header, data: joined(parts) }
    else if (type !== 'PLTE' && isCritical(type)) throw damaged('a part of an unknown kind')
    at = end + 4
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A decoder may skip chunks whose names begin with a lower-case letter. */
const isCritical = (type: string) => !/^[a-z]/.test(type)

const GREY = 0
const PALETTE = 3
const RGB = 2
const CHANNELS: Record<number, number> = { [GREY]: 1, [RGB]: 3, [PALETTE]: 1, 4: 2, 6: 4 }

const IN_COLOURS = '; `atrous masks` converts colours that stand for classes by a table of them'

function readHeader(type: string, content: Uint8Array): Header {
  if (type !== 'IHDR' || content.length !== 13) throw damaged('there is no header')
  const view = new DataView(content.buffer, content.byteOffset)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colour, compression, filter, interlace] = content.subarray(8)
  if (!(width > 0 && height > 0 && colour in CHANNELS && compression === 0 && filter === 0 && interlace <= 1))
    throw damaged('the header makes no sense')
  if (![1, 2, 4, 8].includes(depth) || (colour !== GREY && colour !== PALETTE))
    throw new UserError(
      `a mask is a palette or greyscale PNG of up to 8 bits, this one has ${CHANNELS[colour]}×${depth} bits a pixel${colour === RGB ? IN_COLOURS : ''}`,
    )
  if (width * height > MAX_PHOTO_PIXELS) {
    const limit = Math.floor(MAX_PHOTO_PIXELS / 1e6)
    throw new UserError(`${width}×${height} pixels is over the limit of ${limit} megapixels`)
  }
  return { width, height, depth, interlaced: interlace === 1 }
}

const damaged = (why: string) => new UserError(`not a PNG, or damaged (${why})`)

/** Inflates exactly `length` bytes. The output limit is one byte larger, to detect excess data. */
async function inflateTo(
  length: number,
  data: Uint8Array,
  inflate: Platform['inflate'],
): Promise<Uint8Array> {
  const rows = await inflate(data, length + 1).catch(() => {
    throw damaged('the pixels cannot be inflated')
  })
  if (rows.length !== length) throw damaged('there are too few or too many pixels')
  return rows
}

/** A grid of pixels of the image that are stored together, in separate rows. */
interface Pass {
  /** The first pixel. */
  x: number
  y: number
  /** The distance from one pixel to the next. */
  stepX: number
  stepY: number
  columns: number
  rows: number
  rowBytes: number
}

/** x, y, stepX and stepY of the seven passes of an interlaced PNG (Adam7). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
]

function passesOf({ width, height, depth, interlaced }: Header): Pass[] {
  return (interlaced ? ADAM7 : [[0, 0, 1, 1]])
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.max(0, Math.ceil((width - x) / stepX))
      const rows = Math.max(0, Math.ceil((height - y) / stepY))
      return { x, y, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * depth) / 8) }
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
}

interface Target {
  header: Header
  passes: readonly Pass[]
  /** The values of the whole image. */
  values: Uint8Array
}

/** Undoes the filter of each row in place, then copies the row's pixels into the image. */
function placePasses(rows: Uint8Array, { header, passes, values }: Target): void {
  let at = 0
  for (const pass of passes) {
    let above: Uint8Array = new Uint8Array(pass.rowBytes)
    for (let row = 0; row < pass.rows; row++) {
      const bytes = rows.subarray(at + 1, at + 1 + pass.rowBytes)
      unfilter(rows[at], bytes, above)
      placeRow(bytes, pass, header.depth, values.subarray((pass.y + row * pass.stepY) * header.width))
      above = bytes
      at += 1 + pass.rowBytes
    }
  }
}

/** Each byte is stored as the difference from a prediction: a function of its neighbours at the left, above, and above left. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array): void {
  if (filter > 4) throw damaged('a row has an unknown filter')
  for (let i = 0; i < row.length && filter > 0; i++) {
    const left = i > 0 ? row[i - 1] : 0
    if (filter === 1) row[i] += left
    else if (filter === 2) row[i] += above[i]
    else if (filter === 3) row[i] += (left + above[i]) >> 1
    else row[i] += paeth(left, above[i], i > 0 ? above[i - 1] : 0)
  }
}

/** The neighbour that is nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner)
  const toAbove = Math.abs(left - corner)
  const toCorner = Math.abs(left + above - 2 * corner)
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}

/** Pixels of fewer than 8 bits are packed, the first one in the high bits. Each row starts on a new byte. */
function placeRow(bytes: Uint8Array, { x, stepX, columns }: Pass, depth: number, into: Uint8Array): void {
  if (depth === 8 && stepX === 1) {
    into.set(bytes)
    return
  }
  for (let column = 0; column < columns; column++) {
    const bit = column * depth
    into[x + column * stepX] = (bytes[bit >> 3] >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
  }
}
