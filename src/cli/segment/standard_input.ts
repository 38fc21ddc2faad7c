// A photo from standard input.

import { UserError } from '../../errors.ts'
import { MAX_PHOTO_BYTES } from '../../node/images/image_source.ts'

/** The bytes. Throws a UserError if there is no end of them. */
export async function readStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new UserError('-: standard input is a terminal; redirect an image to it')
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_PHOTO_BYTES) throw new UserError(`-: more than ${MAX_PHOTO_BYTES / 2 ** 20} MiB`)
  }
  return Buffer.concat(chunks)
}
