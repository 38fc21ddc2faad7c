// Masks as PNG files.

import { promisify } from 'node:util'
import { crc32, inflate } from 'node:zlib'
import type { Colour } from '../../data/palette.ts'
import { UserError } from '../../errors.ts'
import { encodeMaskPng, type Mask } from '../../library/mask_png.ts'
import { decodeMaskPng } from '../../library/mask_png_decoder.ts'
import { printablePath } from '../../printable.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { readRegularFile } from '../files/read_file.ts'

/**
 * Encodes a mask like `encodeMaskPng`, and throws like it, and writes the file. Throws a UserError if the file cannot be written.
 */
export async function writeMaskPng(file: string, mask: Mask, palette: readonly Colour[]): Promise<void> {
  await writeFileAtomic(file, encodeMaskPng(mask, palette))
}

/** Size limit of a mask file in bytes: above an uncompressed mask with as many pixels as a photo may have. */
const MAX_BYTES = 2 ** 29

/**
 * Reads class ids from a palette PNG (its indices) or a greyscale PNG (its values) of 1 to 8 bits per pixel.
 *
 * Throws a UserError for a file that is missing, damaged, larger than a photo may be, or in colour: colours are not class ids.
 */
export async function readMaskPng(file: string): Promise<Mask> {
  const bytes = await readRegularFile(file, { limit: MAX_BYTES })
  try {
    return await decodeMaskPng(bytes, { crc32, inflate: inflateUpTo })
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${printablePath(file)}: ${error.message}`) : error
  }
}

const inflateUpTo = (data: Uint8Array, most: number): Promise<Uint8Array> =>
  promisify(inflate)(data, { chunkSize: Math.max(64, most), maxOutputLength: most })
