// What tests of f16 storage share.

import { expect } from 'chai'
import { storedAsFloat16, storedBuffers } from '../../src/gpu/float16_storage.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Bytes, type HostData, runKernel } from '../../src/gpu/run_kernel.ts'
import { fromFloat16, toFloat16 } from '../../src/kernels/float16.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import type { KernelRun } from './kernel_run.ts'

/** Half a step of f16, and the smallest number that an adapter may not flush to zero. */
const ROUNDED = { rtol: 2 ** -11 * (1 + 1e-3), atol: 2 ** -14 }

/**
 * Runs a kernel over numbers that f16 can hold, stored as f32 and as f16, and asserts that the results are the same, rounded where
 * they are stored as f16: so that it computes and accumulates in f32 as the one that its own test holds against the reference.
 */
export async function verifyFloat16(
  gpu: Gpu,
  { kernel, data }: Pick<KernelRun, 'kernel' | 'data'>,
): Promise<void> {
  const stored = storedBuffers(kernel)
  const narrow: typeof data = {}
  const wide: typeof data = {}
  for (const [name, values] of Object.entries(data)) {
    narrow[name] = stored.has(name) ? toFloat16(floats(values)) : values
    wide[name] = stored.has(name) ? fromFloat16(narrow[name] as Uint16Array) : values
  }
  const expected = await runKernel(gpu, kernel, wide)
  const actual = await runKernel(gpu, storedAsFloat16(kernel), narrow)
  for (const name of Object.keys(expected)) {
    if (name === 'classes') {
      expect([...actual[name]], name).to.deep.equal([...expected[name]])
      continue
    }
    const reference = Float64Array.from(floats(expected[name]))
    const values = stored.has(name) ? fromFloat16(new Uint16Array(actual[name].buffer)) : floats(actual[name])
    const closeness = stored.has(name) ? ROUNDED : { rtol: tolerance(1) }
    expectClose(values, reference, { shape: [1, 1, 1, reference.length], ...closeness })
  }
}

const floats = ({ buffer, byteOffset, byteLength }: HostData | Bytes) =>
  new Float32Array(buffer, byteOffset, byteLength / 4)

/** The nearest values that f16 has. */
export const roundToFloat16 = (values: Float64Array): Float64Array =>
  Float64Array.from(fromFloat16(toFloat16(Float32Array.from(values))))
