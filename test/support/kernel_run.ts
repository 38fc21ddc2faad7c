import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { type Bytes, type HostData, runKernel } from '../../src/gpu/run_kernel.ts'

/** A case made ready: what tests verify and benches time. */
export interface KernelRun {
  kernel: Kernel
  /** Its inputs, and where it matters what its outputs hold before. */
  data: Record<string, HostData>
  /** Throws where the outputs are not what the reference makes of the same data. */
  check(outputs: Record<string, Bytes>): void
}

/** Runs a case and checks its outputs. */
export async function verify(gpu: Gpu, { kernel, data, check }: KernelRun): Promise<void> {
  check(await runKernel(gpu, kernel, data))
}
