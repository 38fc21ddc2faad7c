import { encode, type IndexedColors } from 'fast-png'
import type { Colour } from '../data/palette.ts'

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
  let largest = 0
  for (const id of mask) if (id > largest) largest = id
  if (largest >= palette.length)
    throw new RangeError(`the mask holds class ${largest}, the palette ${palette.length} colours`)
  const colours = palette as unknown as IndexedColors // fast-png only reads them
  return encode({ data: mask, width, height, channels: 1, depth: 8, palette: colours })
}
