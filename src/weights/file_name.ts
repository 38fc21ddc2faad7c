/** File systems allow 255 bytes; the rest is for suffixes of temporary files. */
const MAX_BYTES = 200

/** Whether Windows reserves a name for a device, with or without an extension. */
export const isDevice = (name: string): boolean => /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(name)

/** Whether a text is a plain file name on every system: not a path, a drive or a device, and without forbidden characters. */
export function isFileName(text: string): boolean {
  const isPlain = text.length > 0 && !/[/\\:*?"<>|]|\p{C}/u.test(text)
  const isShort = new TextEncoder().encode(text).length <= MAX_BYTES
  return isPlain && isShort && !/[. ]$/.test(text) && !isDevice(text)
}
