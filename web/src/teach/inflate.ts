// The browser's own decompression, within a limit.

/** Inflates zlib's data. Rejects for damaged data, and for more than `most` bytes. */
export async function inflate(data: Uint8Array, most: number): Promise<Uint8Array> {
  const inflated = new Blob([data as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate'))
  const whole = new Uint8Array(most)
  let length = 0
  for (const reader = inflated.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) return whole.subarray(0, length)
    if (length + value.length > most) {
      await reader.cancel()
      throw new RangeError(`more than ${most} bytes`)
    }
    whole.set(value, length)
    length += value.length
  }
}
