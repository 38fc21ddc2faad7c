const MAX_LENGTH = 100

/** Text from a file for a message: one line of limited length, without terminal control characters. */
export const printable = (text: string): string => printableUpTo(MAX_LENGTH, text)

/** Like `printable`, with at most `length` characters. */
export function printableUpTo(length: number, text: string): string {
  const line = text.slice(0, length).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > length ? `${line}…` : line
}

/** A path for a message: also one line without control characters, but complete, since its end names the file. */
export const printablePath = (path: string): string => printableUpTo(Number.POSITIVE_INFINITY, path)
