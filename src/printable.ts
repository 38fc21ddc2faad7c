const MAX_LENGTH = 100

/** Text from a file for a message: one line of bounded length, without the control characters that steer terminals. */
export const printable = (text: string): string => printableUpTo(MAX_LENGTH, text)

/** The same, of at most `length` characters. */
export function printableUpTo(length: number, text: string): string {
  const line = text.slice(0, length).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > length ? `${line}…` : line
}

/** A path for a message: whole, since its end names the file, but also on one line and without control characters. */
export const printablePath = (path: string): string => printableUpTo(Number.POSITIVE_INFINITY, path)
