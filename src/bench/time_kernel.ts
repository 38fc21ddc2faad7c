// Times one kernel by itself with the GPU's own clock.

import type { Gpu } from '../gpu/gpu.ts'
import type { Kernel } from '../gpu/kernel.ts'
import { Program } from '../gpu/program.ts'
import { type HostData, uploadOperands } from '../gpu/run_kernel.ts'
import { type Repetition, repeat } from './repeat.ts'

const ENOUGH: Repetition = { atLeast: 5, atMost: 200, milliseconds: 200 }

/**
 * The GPU's own times of a kernel, in milliseconds. A first run, which compiles it, does not count. `data` is as for `runKernel`.
 * Throws a UserError if the adapter has no `timestamp-query`.
 */
export async function timeKernel(
  gpu: Gpu,
  kernel: Kernel,
  data: Record<string, HostData>,
  repetition: Repetition = ENOUGH,
): Promise<number[]> {
  const ranges = await uploadOperands(gpu, kernel, data)
  const program = await Program.create(gpu, kernel.label, [{ kernel, ranges }])
  const measure = async () => (await program.profile())[0].milliseconds
  try {
    await measure()
    return await repeat(measure, repetition)
  } finally {
    program.destroy()
    for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
  }
}
