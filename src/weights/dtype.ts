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
  return dtype === 'bf16' ? fromBfloat16(halves) : Float32Array.from(halves, fromFloat16)
}

/** The tensor's elements as its dtype stores them, little-endian; f32 and i64 are views of its data. */
export function narrow({ dtype, data }: HostTensor): Uint8Array {
  if (dtype === 'f16' || dtype === 'bf16') {
    const halves = Uint16Array.from(data as Float32Array, dtype === 'f16' ? toFloat16 : toBfloat16)
    return new Uint8Array(halves.buffer)
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** bf16 is the upper half of an f32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, half => half << 16).buffer)
}

/** Rounds to nearest, ties to even; NaN stays NaN. */
function toBfloat16(value: number): number {
  float[0] = value
  if (Number.isNaN(value)) return (bits[0] >>> 16) | 0x40
  return (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16
}

function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Rounds to nearest, ties to even; past 65 519 it is infinity, NaN stays NaN. */
function toFloat16(value: number): number {
  float[0] = value
  const sign = (bits[0] >>> 16) & 0x8000
  const magnitude = Math.abs(float[0])
  if (Number.isNaN(value)) return sign | 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  // One step of the f16 grid at this magnitude; below 2^-14 the grid is that of the subnormals.
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14)
  const steps = roundHalfToEven(magnitude / 2 ** (exponent - 10))
  // Steps run on from one binade into the next, so a carry out of the fraction lands in the exponent, as it should.
  return sign | (steps + ((exponent + 14) << 10))
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
