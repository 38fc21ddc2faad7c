const MAX_LENGTH = 100

/** Text from a file for a message: one line of at most `length` characters, without the control characters that steer terminals. */
export function printable(text: string, length = MAX_LENGTH): string {
  const line = text.slice(0, length).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > length ? `${line}…` : line
}

/** A path for a message: whole, since its end names the file, but also on one line and without control characters. */
export const printablePath = (path: string): string => printable(path, Number.POSITIVE_INFINITY)
