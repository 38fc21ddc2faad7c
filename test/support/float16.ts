import { narrow, widen } from '../../src/weights/dtype.ts'

/** The nearest values that f16 has. */
export function roundToFloat16(values: Float64Array): Float64Array {
  const bytes = narrow({ dtype: 'f16', shape: [values.length], data: Float32Array.from(values) })
  return Float64Array.from(widen(bytes, 'f16') as Float32Array)
}
