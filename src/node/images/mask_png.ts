import { encode, type IndexedColors } from 'fast-png'
import type { Colour } from '../../data/palette.ts'
import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { readRegularFile } from '../files/read_file.ts'
import { decodeIndices } from './png_indices.ts'

/** Class ids per pixel, row by row from the top: height · width bytes. */
export interface Mask {
  mask: Uint8Array
  width: number
  height: number
}

/**
 * Encodes class ids as PASCAL VOC does: a PNG of 8-bit palette indices, where the index is the id and the palette its colour.
 * Throws a RangeError if an id is not in the palette.
 */
export function encodeMaskPng({ mask, width, height }: Mask, palette: readonly Colour[]): Uint8Array {
  const largest = mask.reduce((a, b) => Math.max(a, b), 0)
  if (largest >= palette.length)
    throw new RangeError(`the mask holds class ${largest}, the palette ${palette.length} colours`)
  const colours = palette as unknown as IndexedColors // fast-png only reads them
  return encode({ data: mask, width, height, channels: 1, depth: 8, palette: colours })
}

/**
 * Encodes a mask like `encodeMaskPng`, and throws like it, and writes the file. Throws a UserError if the file cannot be written.
 */
export async function writeMaskPng(file: string, mask: Mask, palette: readonly Colour[]): Promise<void> {
  await writeFileAtomic(file, encodeMaskPng(mask, palette))
}

/** Size limit of a mask file in bytes: above an uncompressed mask with as many pixels as a photo may have. */
const MOST_BYTES = 2 ** 29

/**
 * Reads class ids from a palette PNG (its indices) or a greyscale PNG (its values) of 1 to 8 bits per pixel.
 *
 * Throws a UserError for a file that is missing, damaged, larger than a photo may be, or in colour: colours are not class ids.
 */
export async function readMaskPng(file: string): Promise<Mask> {
  const bytes = await readRegularFile(file, { limit: MOST_BYTES })
  try {
    const { values, width, height } = await decodeIndices(bytes)
    return { mask: values, width, height }
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${printablePath(file)}: ${error.message}`) : error
  }
}
