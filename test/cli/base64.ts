import type { HostData } from '../../src/gpu/run_kernel.ts'

/** Bytes as they are, float64 as float32. */
export function base64(values: HostData | Float64Array): string {
  const { buffer, byteOffset, byteLength } =
    values instanceof Float64Array ? Float32Array.from(values) : values
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
