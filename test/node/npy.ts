/** Reads a NumPy .npy of little-endian float32 in C order: a magic string, the header as a Python literal, the values. */
export function readNpy(file: Uint8Array): { shape: number[]; data: Float32Array } {
  const bytes = file.slice()
  const headerLength = new DataView(bytes.buffer).getUint16(8, true)
  const header = new TextDecoder('latin1').decode(bytes.subarray(10, 10 + headerLength))
  const [, sizes] = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([^)]*)\)/.exec(header) ?? []
  if (sizes === undefined) throw new Error(`not a plain float32 array: ${header}`)
  const shape = sizes
    .split(',')
    .filter(text => text.trim() !== '')
    .map(Number)
  return { shape, data: new Float32Array(bytes.buffer, 10 + headerLength) }
}
