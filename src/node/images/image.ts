import { types } from 'node:util'
import sharp, { type Metadata, type Sharp } from 'sharp'
import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import { MAX_PHOTO_PIXELS, type Size, sizeWithin } from '../../library/pixels.ts'
import { checkOptions, type DeclaredOptions, shown } from '../../options.ts'
import { printable, printablePath } from '../../printable.ts'
import { readRegularFile } from '../files/read_file.ts'
import { isNpy } from '../npy.ts'
import { checkHeifSizes, checkPhotoSize, photoFormat } from './photo_format.ts'
import { openSamples, readSamples } from './samples_file.ts'

export interface ReadImageOptions {
  /**
   * The most pixels that `data` may have, such as `pixelsOn` a GPU; a larger photo is shrunk to fit. Default: MAX_PHOTO_PIXELS.
   */
  maxPixels?: number
  /** The name in messages of a photo given as bytes. Default: image. */
  name?: string
  /**
   * Reads an image of so many channels of its own, for a network that takes those: `samples` of the result has them. It is not shrunk.
   * TIFF, .npy, and other files that have as many channels.
   */
  channels?: number
}

const READ_OPTIONS: DeclaredOptions<ReadImageOptions> = { maxPixels: true, name: true, channels: true }

/**
 * Decodes a JPEG, PNG, WebP, AVIF, TIFF or GIF (the first frame of an animation) as a viewer shows it: EXIF orientation applied,
 * colours in sRGB at 8 bits per channel, transparent parts on white. The content determines the format, not the name.
 *
 * Throws a UserError for a file that is missing, empty, damaged, too large, or not such an image. The size is checked in the
 * header, before any pixel is decoded.
 */
export async function readImage(
  pathOrBytes: string | Uint8Array,
  options: ReadImageOptions = {},
): Promise<Image> {
  checkOptions(options, READ_OPTIONS)
  const { maxPixels = MAX_PHOTO_PIXELS, name: given = 'image', channels } = options
  if (!(typeof maxPixels === 'number' && maxPixels >= 1))
    throw new UserError(`maxPixels: expected a number of pixels from 1 up, got ${shown(maxPixels)}`)
  if (typeof pathOrBytes !== 'string' && !types.isUint8Array(pathOrBytes))
    throw new UserError(
      `image: expected a path, or the bytes of an encoded photo as a Uint8Array, got ${shown(pathOrBytes)}`,
    )
  const name = typeof pathOrBytes === 'string' ? pathOrBytes : given
  const bytes = typeof pathOrBytes === 'string' ? await readPhotoFile(pathOrBytes) : pathOrBytes
  return named(name, async () => {
    if (channels !== undefined) return readSamples(bytes, { channels, most: maxPixels })
    const original = await readSize(bytes)
    const size = sizeWithin(maxPixels, original)
    const data = await decode(openPhoto(bytes), size)
    return { ...size, data, originalWidth: original.width, originalHeight: original.height }
  })
}

/**
 * The size of a photo as a viewer shows it. Reads only the header, which is fast, but does not check that the rest decodes. `name` is
 * used in messages about bytes. Throws as readImage does.
 */
export async function readImageSize(
  file: string | Uint8Array,
  { name = 'image', channels }: Pick<ReadImageOptions, 'name' | 'channels'> = {},
): Promise<Size> {
  if (channels !== undefined) {
    const bytes = typeof file === 'string' ? await readPhotoFile(file) : file
    return named(typeof file === 'string' ? file : name, async () => {
      const { width, height } = await openSamples(bytes, channels)
      return { width, height }
    })
  }
  if (typeof file !== 'string') return named(name, () => readSize(file))
  const found = await readHead(file)
    .then(readSize, () => undefined)
    .catch(() => undefined)
  if (found) return found
  // The whole file is read: some files have the header at the end, or a large preview before it.
  const bytes = await readPhotoFile(file)
  return named(file, () => readSize(bytes))
}

/** Whether a file is of a kind that may hold an image of any channels: TIFF or .npy. */
export async function mayBeSamples(file: string | Uint8Array): Promise<boolean> {
  const head = typeof file === 'string' ? await readHead(file).catch(() => undefined) : file
  return head !== undefined && (isNpy(head) || photoFormat(head) === 'tiff')
}

const HEAD_BYTES = 2 ** 16

const readHead = (file: string): Promise<Uint8Array> => readRegularFile(file, { first: HEAD_BYTES })

/** The bytes of a photo's file. Throws a UserError if it cannot be read. */
export const readPhotoFile = (file: string): Promise<Uint8Array> =>
  readRegularFile(file, { advice: 'the command reads a photo from its standard input as -' })

/** Runs the work, and puts the name before a UserError's message. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${printablePath(name)}: ${error.message}`) : error
  }
}

/** `failOn: 'error'` refuses truncated files, but accepts the harmless faults that many cameras write. */
function openPhoto(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PHOTO_PIXELS })
}

/** The photo's size after orientation, from its header alone. */
async function readSize(bytes: Uint8Array): Promise<Size> {
  if (bytes.length === 0) throw new UserError('the file is empty')
  const format = photoFormat(bytes)
  if (format === 'heif') checkHeifSizes(bytes)
  const header = format && (await readHeader(bytes))
  if (!format && isNpy(bytes))
    throw new UserError(`a NumPy array, and the network takes photos: ${ABOUT_CHANNELS}`)
  if (!format || header?.format !== format)
    throw new UserError('not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one')
  const { width, height } = header.autoOrient
  checkPhotoSize(bytes, { width, height, format, isProgressive: header.isProgressive })
  return { width, height }
}

const ABOUT_CHANNELS = 'docs/fine-tuning.md says how one for other images is made'

/** Undefined if the decoder cannot read it. */
function readHeader(bytes: Uint8Array): Promise<Metadata | undefined> {
  return sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
}

/** RGBA bytes at the given size: height · width · 4. */
async function decode(photo: Sharp, { width, height }: Size): Promise<Uint8Array> {
  const pixels = photo
    .autoOrient()
    .resize(width, height, { fit: 'fill' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
  const { buffer, byteOffset, length } = await pixels.toBuffer().catch(error => {
    throw new UserError(`damaged or cut short (${printable(error.message.split('\n', 1)[0])})`)
  })
  return new Uint8Array(buffer, byteOffset, length)
}
