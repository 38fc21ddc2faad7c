const MAX_LENGTH = 100

/** Text from a file for a message: one line of bounded length, without the control characters that steer terminals. */
export function printable(text: string): string {
  const line = text.slice(0, MAX_LENGTH).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return text.length > MAX_LENGTH ? `${line}…` : line
}
