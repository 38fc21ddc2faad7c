// Conversion between f32 and f16 on the host: Node 20 has no Float16Array.
//
// The loops are plain: a checkpoint has tens of millions of elements, and TypedArray.from would take seconds for them.

let float16Values: Float32Array | undefined

/** The values of f16 numbers, which are given as their bits. */
export function fromFloat16(halves: Uint16Array): Float32Array {
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

/** The bits of the nearest f16 numbers; ties go to even. Values from 65 520 on become infinite, and NaN stays NaN. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < halves.length; i++) halves[i] = float16Bits(bits[i])
  return halves
}

/** The f16 bits of an f32, which is given as its bits. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // From 2^-14 on: the exponent is lower by 112, the fraction shorter by 13 bits. A carry from the fraction goes into
  // the exponent.
  if (magnitude >= 0x38800000)
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  return sign | float16Subnormal(magnitude)
}

const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

/**
 * Subnormals are multiples of 2^-24. The f32 numbers at 0.5 have the same distance, so adding 0.5 rounds to such a
 * multiple.
 */
function float16Subnormal(magnitude: number): number {
  floatBits[0] = magnitude
  float[0] += 0.5
  return floatBits[0] - 0x3f000000
}
