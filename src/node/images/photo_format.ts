// Which formats of photos are decoded, and how large a photo of each may be.

import { UserError } from '../../errors.ts'
import { heifSizes } from './heif_sizes.ts'
import { jpegScans } from './jpeg_scans.ts'

/** Names as sharp reports them. AVIF is `heif` there. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif'

/**
 * The format that a file's first bytes announce, whatever its name. The decoder knows others too, such as SVG, which can refer to
 * other files and take for ever; those are not asked for. Undefined for them, and for what is no image. Throws a UserError for
 * HEIC.
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

/** Bytes that are looked at: of HEIF, the list of the formats that the file conforms to. */
const LONGEST_START = 256

/** HEIF is a container. AVIF keeps AV1 in it; HEIC keeps HEVC, whose patents forbid a free decoder. */
function heifFormat(start: string): 'heif' | undefined {
  const length = Buffer.from(start, 'latin1').readUInt32BE()
  const brands = start.slice(8, length).match(/.{4}/gs) ?? []
  if (brands.some(brand => brand === 'avif' || brand === 'avis')) return 'heif'
  if (brands.some(brand => HEIC_BRANDS.includes(brand)))
    throw new UserError('a HEIC photo, whose compression, HEVC, is not supported; convert it to JPEG')
  return undefined
}

const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']

/** The largest photo that is decoded, 16 384 × 16 384: far above any camera, far below what a hostile header can claim. */
export const MAX_PHOTO_PIXELS = 2 ** 28

/** A decoder keeps hundreds of rows at a time, however few rows there are. JPEG's own limit. */
const MAX_SIDE = 65_535

/** What a photo's header says of it. */
export interface PhotoHeader {
  width: number
  height: number
  format: PhotoFormat
  /** Progressive, as JPEG calls it, or interlaced. */
  isProgressive: boolean
}

/** Throws a UserError for an AVIF that claims a size that the decoder must not see. */
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

/** Baseline JPEG, PNG and TIFF are decoded a few rows at a time; the others need memory for all of their pixels at once. */
function limitOf({ format, isProgressive }: PhotoHeader): { pixels: number; what: string } {
  if (format === 'heif') return { pixels: 2 ** 25, what: ' for AVIF' } // 17 bytes a pixel, measured
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
