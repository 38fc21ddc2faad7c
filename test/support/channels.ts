import type { Bytes } from '../../src/gpu/run_kernel.ts'
import { expectClose } from '../reference/compare.ts'

/** Asserts that a kernel wrote these values, a float a channel, dense. */
export function expectChannels(actual: Bytes, expected: Float64Array, rtol: number): void {
  expectClose(new Float32Array(actual.buffer), expected, { shape: [1, 1, 1, expected.length], rtol })
}
