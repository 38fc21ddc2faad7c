// The supported formats of photos, and the largest photo in each.

import { UserError } from '../../errors.ts'
import { MAX_PHOTO_PIXELS } from '../../library/pixels.ts'
import { heifSizes } from './heif_sizes.ts'
import { jpegScans } from './jpeg_scans.ts'

/** Names as sharp reports them. It reports AVIF as `heif`. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif'

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
export interface PhotoHeader {
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
