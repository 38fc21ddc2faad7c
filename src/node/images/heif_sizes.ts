// Reads the sizes that an AVIF claims for its images. The decoder complains about absurd ones on the terminal.

/** Width and height of every image in the file, parts and thumbnails included; none where the boxes make no sense. */
export function heifSizes(bytes: Uint8Array): { width: number; height: number }[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const meta = metaBox(file)
  const sizes: { width: number; height: number }[] = []
  for (let at = meta.indexOf('ispe'); at >= 0 && at + 16 <= meta.length; at = meta.indexOf('ispe', at + 1))
    sizes.push({ width: meta.readUInt32BE(at + 8), height: meta.readUInt32BE(at + 12) })
  return sizes
}

/** The box that describes the images. The pixels, which may look like anything, are in others. */
function metaBox(file: Buffer): Buffer {
  for (let at = 0; at + 16 <= file.length; ) {
    const size = file.readUInt32BE(at)
    // 1 announces a longer number after the type, 0 a box that ends with the file.
    const length = size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size === 0 ? file.length - at : size
    if (file.toString('latin1', at + 4, at + 8) === 'meta') return file.subarray(at, at + length)
    if (length < 8) break
    at += length
  }
  return Buffer.alloc(0)
}
