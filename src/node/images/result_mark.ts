// A mark in the PNGs that the command writes: a later run may replace files with it, but no other files of the user.

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { encode } from 'fast-png'
import { fileError } from '../files/file_error.ts'

/** The mark is this text and the SHA-256, in hexadecimal digits, of all bytes before the text. */
const TEXT = 'atrous sha256 '
const DIGITS = 64
/** The size in bytes of a PNG's last chunk, IEND, and of the length, type and checksum of any chunk. */
const END = 12
const KEYWORD = 'Software'
/** The mark is within the last bytes of the file: only a checksum and IEND follow it. */
const TAIL = 256

/** The PNG with a mark, which viewers show as the software that made it. */
export function markPng(png: Uint8Array): Uint8Array {
  const body = png.subarray(0, png.length - END)
  const beforeText = softwareChunk(TEXT.padEnd(TEXT.length + DIGITS)).subarray(0, 8 + KEYWORD.length + 1)
  const digest = createHash('sha256').update(body).update(beforeText).digest('hex')
  return Buffer.concat([body, softwareChunk(TEXT + digest)])
}

/** A text chunk and IEND, cut from a PNG of one pixel. The encoder computes their checksums. */
function softwareChunk(text: string): Uint8Array {
  const data = new Uint8Array(1)
  const pixel = encode({ width: 1, height: 1, data, channels: 1, depth: 8, text: { [KEYWORD]: text } })
  return pixel.subarray(-(END + KEYWORD.length + 1 + text.length + END))
}

/** Whether a file has the mark and is unchanged since. Throws a UserError if it cannot be read. */
export async function isMarked(file: string): Promise<boolean> {
  try {
    const handle = await open(file)
    try {
      return await holdsMark(handle)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileError(file, error)
  }
}

async function holdsMark(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  const start = Math.max(0, size - TAIL)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAIL), 0, TAIL, start)
  const tail = buffer.toString('latin1', 0, bytesRead)
  const at = tail.lastIndexOf(TEXT)
  // An unmarked large file is not read whole.
  if (at < 0) return false
  const hash = createHash('sha256')
  if (start + at > 0) {
    const marked = handle.createReadStream({ start: 0, end: start + at - 1, autoClose: false })
    for await (const chunk of marked) hash.update(chunk)
  }
  return tail.slice(at + TEXT.length, at + TEXT.length + DIGITS) === hash.digest('hex')
}
