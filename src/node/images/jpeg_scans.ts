// Reads the structure of a JPEG, without its pixels.

const RESTARTS = { first: 0xd0, last: 0xd7 }
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

/** How many passes over the image a JPEG's data makes: one for a baseline file, several for a progressive one. */
export function jpegScans(bytes: Uint8Array): number {
  let scans = 0
  let at = 2 // after the start of the image
  for (;;) {
    at = nextMarker(bytes, at)
    if (at < 0 || bytes[at + 1] === END_OF_IMAGE) return scans
    if (bytes[at + 1] === START_OF_SCAN) scans++
    at += 2 + (bytes[at + 2] << 8) + bytes[at + 3] // the length counts itself
    if (!(at < bytes.length)) return scans
  }
}

/** Where the next marker with a length, or the end of the image, is; −1 where there is none. Compressed data may lie before it. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    const code = bytes[at + 1]
    // In compressed data a byte of 0xff is followed by 0. Before a marker any number of 0xff may stand.
    const isMarker = code > 0x01 && code < 0xff && !(code >= RESTARTS.first && code <= RESTARTS.last)
    if (isMarker) return at
  }
  return -1
}
