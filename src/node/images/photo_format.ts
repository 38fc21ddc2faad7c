// The supported formats of photos, and the largest photo in each.

import { UserError } from '../../errors.ts'
import { MAX_PHOTO_PIXELS } from '../../library/pixels.ts'

/** Names as sharp reports them. It reports AVIF as `heif`. */
type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif'

/**
 * The format, according to a file's first bytes, whatever its name. Undefined for other content. The decoder also knows formats
 * that are not allowed here, such as SVG, which can refer to other files and take for ever. Throws a UserError for HEIC.
 */
export function photoFormat(bytes: Uint8Array): PhotoFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, LONGEST_START)).toString('latin1')
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (/^GIF8[79]a/.test(start)) return 'gif'
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return 'webp'
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return 'tiff'
  if (start.startsWith('ftyp', 4)) return heifFormat(start)
  return undefined
}

/** How many bytes are examined: enough for HEIF's list of the formats that the file conforms to. */
const LONGEST_START = 256

/** HEIF is a container. AVIF holds AV1; HEIC holds HEVC, whose patents prevent a free decoder. */
function heifFormat(start: string): 'heif' | undefined {
  const length = Buffer.from(start, 'latin1').readUInt32BE()
  const brands = start.slice(8, length).match(/.{4}/gs) ?? []
  if (brands.some(brand => brand === 'avif' || brand === 'avis')) return 'heif'
  if (brands.some(brand => HEIC_BRANDS.includes(brand)))
    throw new UserError('a HEIC photo, whose compression, HEVC, is not supported; convert it to JPEG')
  return undefined
}

const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']

/** The longest side, JPEG's own limit. A decoder keeps hundreds of rows in memory at a time, so long rows cost memory. */
const MAX_SIDE = 65_535

/** The contents of a photo's header. */
interface PhotoHeader {
  width: number
  height: number
  format: PhotoFormat
  /** Progressive, as JPEG calls it, or interlaced. */
  isProgressive: boolean
}

/** Throws a UserError for an AVIF that states a size that must not reach the decoder. */
export function checkHeifSizes(bytes: Uint8Array): void {
  for (const { width, height } of heifSizes(bytes))
    checkPhotoSize(bytes, { width, height, format: 'heif', isProgressive: false })
}

/** Throws a UserError for a photo that would take too much memory or time to decode, whatever its size on disk. */
export function checkPhotoSize(bytes: Uint8Array, header: PhotoHeader): void {
  const { width, height, format, isProgressive } = header
  const { pixels, what } = limitOf(header)
  if (!(width * height <= pixels))
    throw new UserError(
      `${width}×${height} pixels is over the limit of ${Math.floor(pixels / 1e6)} megapixels${what}`,
    )
  if (width > MAX_SIDE || height > MAX_SIDE)
    throw new UserError(`${width}×${height} pixels: a side is over the limit of ${MAX_SIDE}`)
  if (format === 'jpeg' && isProgressive) checkScans(bytes)
}

/** Baseline JPEG, PNG and TIFF are decoded a few rows at a time. The other formats need memory for all pixels at once. */
function limitOf({ format, isProgressive }: PhotoHeader): { pixels: number; what: string } {
  if (format === 'heif') return { pixels: 2 ** 25, what: ' for AVIF' } // 17 bytes per pixel, measured
  if (format === 'gif' || format === 'webp') return { pixels: 2 ** 26, what: ` for ${NAMES[format]}` }
  if (isProgressive) return { pixels: 2 ** 26, what: ` for a progressive ${NAMES[format]}` }
  return { pixels: MAX_PHOTO_PIXELS, what: '' }
}

const NAMES: Record<Exclude<PhotoFormat, 'heif'>, string> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  tiff: 'TIFF',
}

/** Encoders write about ten. Each scan costs a pass over all pixels, but takes as little as a hundred bytes. */
const MOST_SCANS = 100

function checkScans(bytes: Uint8Array): void {
  const scans = jpegScans(bytes)
  if (scans > MOST_SCANS)
    throw new UserError(`a JPEG of ${scans} scans, over the limit of ${MOST_SCANS}: it would take too long`)
}

const RESTARTS = { first: 0xd0, last: 0xd7 }
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

/** The number of scans in a JPEG: one for most baseline files, several for a progressive one. */
function jpegScans(bytes: Uint8Array): number {
  let scans = 0
  let at = 2 // after the start of the image
  for (;;) {
    at = nextMarker(bytes, at)
    if (at < 0 || bytes[at + 1] === END_OF_IMAGE) return scans
    if (bytes[at + 1] === START_OF_SCAN) scans++
    at += 2 + (bytes[at + 2] << 8) + bytes[at + 3] // the length includes its own two bytes
    if (!(at < bytes.length)) return scans
  }
}

/** The position of the next marker with a length or of the end marker; −1 if there is none. Skips compressed data. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    const code = bytes[at + 1]
    // In compressed data a byte 0xff is followed by 0. A marker may be preceded by any number of bytes 0xff.
    const isMarker = code > 0x01 && code < 0xff && !(code >= RESTARTS.first && code <= RESTARTS.last)
    if (isMarker) return at
  }
  return -1
}

/**
 * Width and height of every image in an AVIF, as it states them, including parts and thumbnails; none if the boxes are invalid. They
 * are checked before decoding, because the decoder prints complaints about absurd ones.
 */
function heifSizes(bytes: Uint8Array): { width: number; height: number }[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const meta = metaBox(file)
  const sizes: { width: number; height: number }[] = []
  for (let at = meta.indexOf('ispe'); at >= 0 && at + 16 <= meta.length; at = meta.indexOf('ispe', at + 1))
    sizes.push({ width: meta.readUInt32BE(at + 8), height: meta.readUInt32BE(at + 12) })
  return sizes
}

/** The box that describes the images. The pixels are in other boxes and may contain any bytes. */
function metaBox(file: Buffer): Buffer {
  for (let at = 0; at + 16 <= file.length; ) {
    const size = file.readUInt32BE(at)
    // 1 means that a 64-bit size follows the type; 0 means that the box extends to the end of the file.
    const length = size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size === 0 ? file.length - at : size
    if (file.toString('latin1', at + 4, at + 8) === 'meta') return file.subarray(at, at + length)
    if (length < 8) break
    at += length
  }
  return Buffer.alloc(0)
}
