// Reads the names of photos from a list: one on each line, or with NUL characters between them, as `find -print0` writes.

import { createReadStream } from 'node:fs'
import { UserError } from '../../errors.ts'
import { fileError } from '../../node/files/file_error.ts'
import { STANDARD_INPUT } from './input_photo.ts'

/** The longest name. A file that has none so short is no list. */
const LONGEST_NAME = 2 ** 16

/** The names as they are read: a list on standard input may still be growing. Empty lines are left out. Throws a UserError. */
export async function* readList(list: string): AsyncGenerator<string> {
  if (list === STANDARD_INPUT && process.stdin.isTTY)
    throw new UserError('--list -: standard input is a terminal; redirect a list of names to it')
  const stream = list === STANDARD_INPUT ? process.stdin : createReadStream(list)
  const decoder = new TextDecoder()
  let separator: string | undefined
  let rest = ''
  try {
    for await (const chunk of stream) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true })
      separator ??= rest.includes('\0') ? '\0' : '\n'
      const names = rest.split(separator)
      rest = names.pop()!
      if (rest.length > LONGEST_NAME)
        throw new UserError(
          `--list ${list}: a name of over ${LONGEST_NAME} characters; expected one on each line`,
        )
      for (const name of names) yield* named(name, separator)
    }
    yield* named(rest + decoder.decode(), separator)
  } catch (error) {
    throw fileError(list, error)
  }
}

/** Windows ends a line by two characters. */
function* named(text: string, separator = '\n'): Generator<string> {
  const name = separator === '\n' ? text.replace(/\r$/, '') : text
  if (name !== '') yield name
}
