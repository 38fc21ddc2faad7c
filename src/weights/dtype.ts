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
  if (dtype === 'f16') return toHalves(data as Float32Array, toFloat16)
  if (dtype === 'bf16') return toHalves(data as Float32Array, toBfloat16)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

// Plain loops below: a checkpoint has tens of millions of elements, and TypedArray.from takes seconds for them.

/** bf16 is the upper half of an f32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16
  return new Float32Array(bits.buffer)
}

let float16Values: Float32Array | undefined

function fromFloat16(halves: Uint16Array): Float32Array {
  float16Values ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => float16Value(half))
  const values = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) values[i] = float16Values[halves[i]]
  return values
}

function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function toHalves(values: Float32Array, toHalf: (bits: number) => number): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) halves[i] = toHalf(bits[i])
  return new Uint8Array(halves.buffer)
}

/** From the bits of an f32: rounds to nearest, ties to even; NaN stays NaN. */
function toBfloat16(bits: number): number {
  const notANumber = (bits & 0x7fffffff) > 0x7f800000
  return notANumber ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** From the bits of an f32: rounds to nearest, ties to even; from 65 520 on it is infinity, NaN stays NaN. */
function toFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // From 2^-14 on: 112 less in the exponent, 13 bits fewer in the fraction. A carry out of the one lands in the other.
  if (magnitude >= 0x38800000)
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  return sign | float16Subnormal(magnitude)
}

const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

/** Subnormals are multiples of 2^-24, and that is the step of f32 at 0.5: adding 0.5 rounds to them. */
function float16Subnormal(magnitude: number): number {
  floatBits[0] = magnitude
  float[0] += 0.5
  return floatBits[0] - 0x3f000000
}
