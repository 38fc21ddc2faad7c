// Reads a file line by line, with the place of each line.

import type { FileHandle } from 'node:fs/promises'

export interface PlacedLine {
  text: string
  /** In bytes. The length includes the line break. */
  offset: number
  length: number
  /** False for what follows the last line break: a killed process may have written half a line. */
  isWhole: boolean
}

const BLOCK_BYTES = 2 ** 16
const LINE_BREAK = 10
/** A line that is longer is the last: the file is not of lines. */
const LONGEST_LINE = 2 ** 24

export async function* linesOf(file: FileHandle): AsyncGenerator<PlacedLine> {
  /** What is read and not yet part of a line, and where it begins. */
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position)
    if (bytesRead === 0 || rest.length > LONGEST_LINE) break
    position += bytesRead
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let from = 0
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, from)) {
      const text = bytes.toString('utf8', from, end)
      yield { text, offset: offset + from, length: end + 1 - from, isWhole: true }
      from = end + 1
    }
    rest = bytes.subarray(from)
    offset += from
  }
  if (rest.length > 0) yield { text: rest.toString(), offset, length: rest.length, isWhole: false }
}
