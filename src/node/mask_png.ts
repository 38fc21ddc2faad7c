import { readFile } from 'node:fs/promises'
import { type DecodedPng, decode, encode, type IndexedColors } from 'fast-png'
import type { Colour } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from './atomic.ts'
import { fileError } from './file_error.ts'

/** Class ids per pixel, row by row from the top: height · width bytes. */
export interface Mask {
  mask: Uint8Array
  width: number
  height: number
}

/**
 * Class ids as PASCAL VOC stores them: a PNG of 8-bit palette indices, where the index is the id and the palette only its colour.
 * Throws a RangeError for an id that the palette does not hold.
 */
export function encodeMaskPng({ mask, width, height }: Mask, palette: readonly Colour[]): Uint8Array {
  const largest = mask.reduce((a, b) => Math.max(a, b), 0)
  if (largest >= palette.length)
    throw new RangeError(`the mask holds class ${largest}, the palette ${palette.length} colours`)
  const colours = palette as unknown as IndexedColors // fast-png only reads them
  return encode({ data: mask, width, height, channels: 1, depth: 8, palette: colours })
}

/** Writes what `encodeMaskPng` makes, and throws as it does; throws a UserError where the file cannot be written. */
export async function writeMaskPng(file: string, mask: Mask, palette: readonly Colour[]): Promise<void> {
  await writeFileAtomic(file, encodeMaskPng(mask, palette))
}

/**
 * Reads class ids from a palette PNG (its indices) or a greyscale one (its values), of 1 to 8 bits a pixel.
 *
 * Throws a UserError for a file that is missing, damaged, or in colour: colours are no class ids.
 */
export async function readMaskPng(file: string): Promise<Mask> {
  const bytes = await readFile(file).catch(error => {
    throw fileError(file, error)
  })
  const png = decodeStrictly(file, bytes)
  if (png.channels !== 1 || png.depth === 16) {
    throw new UserError(
      `${file}: a mask is a palette or greyscale PNG of up to 8 bits, this one has ${png.channels}×${png.depth} bits a pixel`,
    )
  }
  return { mask: unpack(png), width: png.width, height: png.height }
}

function decodeStrictly(file: string, bytes: Uint8Array): DecodedPng {
  try {
    return decode(bytes, { checkCrc: true })
  } catch (error) {
    throw new UserError(`${file}: not a PNG, or damaged (${(error as Error).message})`)
  }
}

/** One value a byte from rows of 1, 2, 4 or 8 bits a pixel, first pixel in the high bits; each row starts on a new byte. */
function unpack({ data, depth, width, height }: DecodedPng): Uint8Array {
  if (depth === 8) return data as Uint8Array
  const pixelsPerByte = 8 / depth
  const rowBytes = Math.ceil(width / pixelsPerByte)
  const values = new Uint8Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = data[y * rowBytes + Math.floor(x / pixelsPerByte)]
      const shift = 8 - depth - (x % pixelsPerByte) * depth
      values[y * width + x] = (byte >> shift) & (2 ** depth - 1)
    }
  }
  return values
}
