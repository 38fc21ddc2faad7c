// Reads the structure of a JPEG without decoding it.

const RESTARTS = { first: 0xd0, last: 0xd7 }
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

/** The number of scans in a JPEG: one for most baseline files, several for a progressive one. */
export function jpegScans(bytes: Uint8Array): number {
  let scans = 0
  let at = 2 // after the start of the image
  for (;;) {
    at = nextMarker(bytes, at)
    if (at < 0 || bytes[at + 1] === END_OF_IMAGE) return scans
    if (bytes[at + 1] === START_OF_SCAN) scans++
    at += 2 + (bytes[at + 2] << 8) + bytes[at + 3] // the length includes its own two bytes
    if (!(at < bytes.length)) return scans
  }
}

/** The position of the next marker with a length or of the end marker; −1 if there is none. Skips compressed data. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    const code = bytes[at + 1]
    // In compressed data a byte 0xff is followed by 0. A marker may be preceded by any number of bytes 0xff.
    const isMarker = code > 0x01 && code < 0xff && !(code >= RESTARTS.first && code <= RESTARTS.last)
    if (isMarker) return at
  }
  return -1
}
