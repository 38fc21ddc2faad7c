import { fromFloat16, toFloat16 } from '../kernels/float16.ts'
import type { HostTensor, TensorValues } from './tensor.ts'

/* Checkpoint files are little-endian, and so is every machine that WebGPU runs on: typed arrays can read them directly. */

type Dtype = HostTensor['dtype']

/** The dtype in a file. f64 is narrowed to f32 when it is read, since all computation is in f32 at most. */
export type StoredDtype = Dtype | 'f64'

export const BYTES_PER_ELEMENT: Record<StoredDtype, number> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
}

/** The most axes of a tensor: no network needs more. */
export const MOST_AXES = 8

/** The number of elements of a tensor with this shape; Infinity if it is too large for a number. */
export function elementCount(shape: readonly number[]): number {
  // A zero counts even if the rest overflows: Infinity times 0 would be NaN.
  return shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1)
}

/** The typed arrays for a file's elements. f16 and bf16 have none, and use their bits. */
const ARRAYS = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
}

/**
 * The elements in `bytes` (little-endian, a whole number of elements), all floats as f32. f32 and integers are views of `bytes`
 * if they are aligned, else copies.
 */
export function widen(bytes: Uint8Array, dtype: StoredDtype): TensorValues {
  const size = BYTES_PER_ELEMENT[dtype]
  // Not bytes.slice(): a Node Buffer's slice is a view.
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const elements = new ARRAYS[dtype](buffer as ArrayBuffer, byteOffset, bytes.byteLength / size)
  if (dtype === 'f16') return fromFloat16(elements as Uint16Array)
  if (dtype === 'bf16') return fromBfloat16(elements as Uint16Array)
  if (dtype === 'f64') return new Float32Array(elements as Float64Array)
  return elements as TensorValues
}

/** The dtype of a tensor read with `widen`: f16 and bf16 keep the file's name. */
export const readAs = (dtype: StoredDtype): Dtype => (dtype === 'f64' ? 'f32' : dtype)

/** The tensor's elements as its dtype stores them, little-endian. All except f16 and bf16 are views of its data. */
export function narrow({ dtype, data }: HostTensor): Uint8Array {
  if (dtype === 'f16') return bytesOf(toFloat16(data as Float32Array))
  if (dtype === 'bf16') return bytesOf(toBfloat16(data as Float32Array))
  return bytesOf(data)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength)

// Plain loops below: a checkpoint has tens of millions of elements, and TypedArray.from takes seconds for them.

/** bf16 is the upper half of an f32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16
  return new Float32Array(bits.buffer)
}

/** Rounds to nearest, ties to even; NaN stays NaN. */
function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < halves.length; i++) {
    const notANumber = (bits[i] & 0x7fffffff) > 0x7f800000
    halves[i] = notANumber ? (bits[i] >>> 16) | 0x40 : (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16
  }
  return halves
}
