import { UserError } from '../errors.ts'

/**
 * A bitmap in COCO's JSON: the lengths of alternating runs of zeros and ones, column by column, as numbers or packed into
 * text.
 */
export interface CocoRle {
  size: [height: number, width: number]
  counts: number[] | string
}

/** The bitmap: height · width bytes of 0 or 1, row by row. Throws a UserError if the runs do not fill it. */
export function decodeRle({ size: [height, width], counts }: CocoRle): Uint8Array {
  const runs = typeof counts === 'string' ? unpackRuns(counts) : counts
  if (!Array.isArray(runs) || !runs.every(run => Number.isSafeInteger(run) && run >= 0))
    throw new UserError(`a run-length mask of ${height * width} pixels has runs that are not whole numbers`)
  const total = runs.reduce((a, b) => a + b, 0)
  if (total !== height * width)
    throw new UserError(`a run-length mask of ${height * width} pixels has runs for ${total}`)
  const bitmap = new Uint8Array(height * width)
  let pixel = 0
  runs.forEach((run, i) => {
    const end = pixel + run
    if (i % 2 === 0) pixel = end
    for (; pixel < end; pixel++) bitmap[(pixel % height) * width + Math.floor(pixel / height)] = 1
  })
  return bitmap
}

/**
 * Reads COCO's text form of runs. Each character, minus 48, holds five bits of a number, lowest first, and a sixth bit that says
 * whether another character follows. The fifth bit of the last character is the sign. From the fourth run on, the number is the
 * difference from the run two places before.
 */
function unpackRuns(text: string): number[] {
  const runs: number[] = []
  for (let at = 0; at < text.length; ) {
    let [value, shift, code] = [0, 0, 0]
    do {
      code = text.charCodeAt(at++) - 48
      if (!(code >= 0 && code < 64) || shift > 30)
        throw new UserError('a run-length mask is cut short, or holds a character that means no run')
      value |= (code & 31) << shift
      shift += 5
    } while (code & 32)
    if (code & 16 && shift < 32) value |= -1 << shift
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value)
  }
  return runs
}

/** The bitmap of the pixels that have a value, packed into text. All of them lie in the box, if one is given: its sides in pixels. */
export function encodeRle(pixels: ArrayLike<number>, value: number, place: RlePlace): CocoRle {
  const { width, height, left = 0, top = 0, right = width, bottom = height } = place
  const runs: number[] = []
  let [begin, isOne] = [0, false]
  const turn = (at: number) => {
    runs.push(at - begin)
    begin = at
    isOne = !isOne
  }
  for (let x = left; x < right; x++) {
    for (let y = top; y < bottom; y++) if ((pixels[y * width + x] === value) !== isOne) turn(x * height + y)
    const isFollowed = top === 0 && bottom === height && x + 1 < right
    if (isOne && !isFollowed) turn(x * height + bottom)
  }
  if (begin < width * height) runs.push(width * height - begin)
  return { size: [height, width], counts: packRuns(runs) }
}

interface RlePlace {
  width: number
  height: number
  left?: number
  top?: number
  right?: number
  bottom?: number
}

/** Writes the text that `unpackRuns` reads. */
function packRuns(runs: readonly number[]): string {
  const text: string[] = []
  for (const [i, run] of runs.entries()) {
    let value = i > 2 ? run - runs[i - 2] : run
    for (let isLast = false; !isLast; ) {
      const bits = value & 31
      value >>= 5
      isLast = value === (bits & 16 ? -1 : 0)
      text.push(String.fromCharCode(48 + bits + (isLast ? 0 : 32)))
    }
  }
  return text.join('')
}
