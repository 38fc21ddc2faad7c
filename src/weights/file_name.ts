/** File systems take 255 bytes; the rest is for what is written beside a file while it is on its way. */
const MAX_BYTES = 200

/** Windows keeps these names, with any extension, for devices. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i

/** Whether a text is a plain file name on every system: no path, no drive, no device, nothing that one of them forbids. */
export function isFileName(text: string): boolean {
  const isPlain = text.length > 0 && !/[/\\:*?"<>|]|\p{C}/u.test(text)
  const isShort = new TextEncoder().encode(text).length <= MAX_BYTES
  return isPlain && isShort && !/[. ]$/.test(text) && !DEVICE.test(text)
}
