// A table of the colours that stand for classes in masks, and masks of class ids by it.

import { UserError } from '../errors.ts'
import { checkClassNames } from './class_names.ts'
import { IGNORE_INDEX } from './dataset.ts'

export interface ColourTable {
  /** By class id: the names in the order of their first lines. */
  classNames: readonly string[]
  /** Class ids by 65536 · red + 256 · green + blue. */
  ids: ReadonlyMap<number, number>
}

/** Names of pixels that are not scored. */
const IGNORED = ['void', 'ignore', 'unlabeled', 'unlabelled']

/**
 * Reads lines of a name and a colour in either order, such as `64 128 64 Animal` of CamVid's label_colors.txt or `Animal,64,128,64`. A name on
 * several lines is one class of several colours. `void` and `ignore` are no classes: their pixels are not scored. A first line without numbers
 * is a heading. Throws a UserError that names the line.
 */
export function parseColourTable(lines: readonly string[], source: string): ColourTable {
  const classNames: string[] = []
  const ids = new Map<number, number>()
  for (const [number, line] of lines.entries()) {
    const found = /^(\d+)[\s,;]+(\d+)[\s,;]+(\d+)[\s,;]+(\S.*)$/.exec(line)
    const [red, green, blue, name] = found?.slice(1) ?? nameFirst(line)
    const channels = [red, green, blue].map(Number)
    if (number === 0 && !/\d/.test(line)) continue
    if (name === undefined || channels.some(channel => channel > 255))
      throw new UserError(
        `${source}: line ${number + 1}: expected red, green and blue from 0 to 255 and a name, such as 64 128 64 leaf; got ${line}`,
      )
    const key = colourKey(channels)
    if (ids.has(key)) throw new UserError(`${source}: line ${number + 1}: this colour is listed twice`)
    if (!IGNORED.includes(name.toLowerCase()) && !classNames.includes(name)) classNames.push(name)
    const id = classNames.indexOf(name)
    ids.set(key, id < 0 ? IGNORE_INDEX : id)
  }
  checkClassNames(classNames, source)
  return { classNames, ids }
}

function nameFirst(line: string): string[] {
  const [, name, ...channels] = /^(\S.*?)[\s,;]+(\d+)[\s,;]+(\d+)[\s,;]+(\d+)$/.exec(line) ?? []
  return name === undefined ? [] : [...channels, name]
}

const colourKey = ([red, green, blue]: Iterable<number>) => (red << 16) | (green << 8) | blue

/** The class id of each pixel of RGBA. Throws a UserError for the first colour that the table lacks. */
export function idsOfColours(
  { data, width }: { data: Uint8Array; width: number },
  { ids }: ColourTable,
): Uint8Array {
  const mask = new Uint8Array(data.length / 4)
  for (let i = 0; i < mask.length; i++) {
    const pixel = data.subarray(i * 4, i * 4 + 3)
    const id = ids.get(colourKey(pixel))
    if (id === undefined)
      throw new UserError(
        `the pixel at ${i % width}, ${Math.floor(i / width)} has the colour ${pixel.join(' ')}, which no line of the table has`,
      )
    mask[i] = id
  }
  return mask
}
