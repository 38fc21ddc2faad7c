import { expectClose } from '../reference/compare.ts'
import type { Bytes } from './run_kernel.ts'

/** Asserts that a kernel wrote these values, a float a channel, dense. */
export function expectChannels(actual: Bytes, expected: Float64Array, rtol: number): void {
  expectClose(new Float32Array(actual.buffer), expected, { shape: [1, 1, 1, expected.length], rtol })
}
