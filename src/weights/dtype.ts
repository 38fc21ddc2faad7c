import { fromFloat16, toFloat16 } from '../kernels/float16.ts'
import type { HostTensor } from './tensor.ts'

/*
 * Checkpoint files are little-endian, and so is every machine that WebGPU runs on: typed arrays read them as they lie.
 */

export type Dtype = HostTensor['dtype']

export const BYTES_PER_ELEMENT: Record<Dtype, number> = { f32: 4, f16: 2, bf16: 2, i64: 8 }

/** How many elements a tensor of this shape has; Infinity for a shape beyond all bounds. */
export function elementCount(shape: readonly number[]): number {
  // A zero counts even where the rest overflows: Infinity times 0 would be NaN.
  return shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1)
}

/**
 * The elements in `bytes` (little-endian, a whole number of them), f16 and bf16 widened to f32.
 * f32 and i64 are views of `bytes` where they lie aligned, copies elsewhere.
 */
export function widen(bytes: Uint8Array, dtype: Dtype): Float32Array | BigInt64Array {
  const size = BYTES_PER_ELEMENT[dtype]
  // Not bytes.slice(): a Node Buffer's slice is a view.
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const count = bytes.byteLength / size
  if (dtype === 'f32') return new Float32Array(buffer, byteOffset, count)
  if (dtype === 'i64') return new BigInt64Array(buffer, byteOffset, count)
  const halves = new Uint16Array(buffer, byteOffset, count)
  return dtype === 'f16' ? fromFloat16(halves) : fromBfloat16(halves)
}

/** The tensor's elements as its dtype stores them, little-endian; f32 and i64 are views of its data. */
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
