// Masks that are hard to say by outlines.

import { cocoAnnotations } from '../../src/data/coco_export.ts'
import type { Labels } from '../../src/data/dataset.ts'
import { labelmeFile } from '../../src/data/labelme.ts'
import { randomSource } from '../reference/random.ts'

/** A mask by its rows: `.` is class 0, `x` is not scored, a digit is a class. */
export function maskOf(rows: readonly string[]): Labels {
  const ids = { '.': 0, x: 255 } as Record<string, number>
  const mask = Uint8Array.from([...rows.join('')], each => ids[each] ?? Number(each))
  return { mask, width: rows[0].length, height: rows.length }
}

const DRAWN = [
  ['1'],
  ['.'],
  ['x'],
  ['111', '111'],
  ['....', '.1..', '....'],
  ['1.1', '.1.', '1.1'],
  ['11111', '1...1', '1.2.1', '1...1', '11111'],
  ['111..', '1.1..', '11.11', '..1.1', '..111'],
  ['11111', '1.1.1', '11x11', '1.1.1', '11111'],
  ['1111', '1221', '1221', '1111'],
  ['12.x', '21x.', '.x12', 'x.21'],
]

/** Of at most 14² pixels: drawn ones, noise of several densities, and rectangles over each other. Always the same. */
export function hardMasks(): Labels[] {
  const next = randomSource(3)
  const random = Array.from({ length: 45 }, (_, round): Labels => {
    const [width, height] = [1 + Math.floor(next() * 14), 1 + Math.floor(next() * 14)]
    const mask = new Uint8Array(width * height)
    const id = () => [0, 1, 2, 255][Math.floor(next() * 4)]
    if (round % 3 < 2)
      for (let i = 0; i < mask.length; i++) mask[i] = next() < [0.5, 0.8][round % 3] ? 1 : id()
    else
      for (let count = 0; count < 8; count++) {
        const [value, x, y] = [id(), Math.floor(next() * width), Math.floor(next() * height)]
        const [right, bottom] = [x + 1 + next() * 8, y + 1 + next() * 8]
        for (let row = y; row < Math.min(height, bottom); row++)
          mask.fill(value, row * width + x, row * width + Math.min(width, Math.floor(right)))
      }
    return { mask, width, height }
  })
  return [...DRAWN.map(maskOf), ...random]
}

/** The names of the masks' classes. */
export const CLASSES = ['background', 'cat', 'dog']

/** The masks and their labels in both formats, as in label_formats.json. */
export const labelCases = (): object[] =>
  hardMasks().map(labels => ({
    width: labels.width,
    height: labels.height,
    mask: [...labels.mask],
    coco: cocoAnnotations(labels, { classNames: CLASSES, imageId: 1, firstId: 1 }),
    labelme: labelmeFile(labels, { classNames: CLASSES, imagePath: 'a.jpg' }),
  }))
