// Reads the sizes that an AVIF states for its images. They are checked before decoding, because the decoder prints complaints
// about absurd ones.

/** Width and height of every image in the file, including parts and thumbnails; none if the boxes are invalid. */
export function heifSizes(bytes: Uint8Array): { width: number; height: number }[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const meta = metaBox(file)
  const sizes: { width: number; height: number }[] = []
  for (let at = meta.indexOf('ispe'); at >= 0 && at + 16 <= meta.length; at = meta.indexOf('ispe', at + 1))
    sizes.push({ width: meta.readUInt32BE(at + 8), height: meta.readUInt32BE(at + 12) })
  return sizes
}

/** The box that describes the images. The pixels are in other boxes and may contain any bytes. */
function metaBox(file: Buffer): Buffer {
  for (let at = 0; at + 16 <= file.length; ) {
    const size = file.readUInt32BE(at)
    // 1 means that a 64-bit size follows the type; 0 means that the box extends to the end of the file.
    const length = size === 1 ? Number(file.readBigUInt64BE(at + 8)) : size === 0 ? file.length - at : size
    if (file.toString('latin1', at + 4, at + 8) === 'meta') return file.subarray(at, at + length)
    if (length < 8) break
    at += length
  }
  return Buffer.alloc(0)
}
