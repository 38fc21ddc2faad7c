// NumPy's .npy format: a header that is a Python literal, then the numbers.

const MAGIC = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]
/** The numbers start at a multiple of this, so that they can be memory-mapped. */
const ALIGNMENT = 64

/** A file of float32 in C order, in two pieces: the header, and the numbers' bytes without a copy. */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array[] {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map(size => `${size},`).join(' ')}), }`
  const before = MAGIC.length + 2
  const length = Math.ceil((before + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - before
  const header = new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`)
  const { buffer, byteOffset, byteLength } = data
  return [
    Uint8Array.from([...MAGIC, length & 0xff, length >> 8, ...header]),
    new Uint8Array(buffer, byteOffset, byteLength),
  ]
}
