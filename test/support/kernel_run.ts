import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { type Bytes, type HostData, runKernel } from '../../src/gpu/run_kernel.ts'
import type { Expected } from './expected.ts'

/** A case made ready: what tests verify, benches time and the known answers are made of. */
export interface KernelRun {
  kernel: Kernel
  /** Its inputs, and what its outputs hold before, where that matters. */
  data: Record<string, HostData>
  /** By output. An output that has no entry is not compared. */
  expected: Record<string, Expected>
  /** Bytes of workgroup memory, for a tile that has more than WebGPU's default limit. */
  workgroupBytes?: number
}

/** Runs a case and checks its outputs. */
export async function verify(gpu: Gpu, run: KernelRun): Promise<void> {
  checkOutputs(run, await runKernel(gpu, run.kernel, run.data))
}

/** Throws where an output is not what the reference makes of the same data. */
export function checkOutputs(
  { expected }: Pick<KernelRun, 'expected'>,
  outputs: Record<string, Bytes>,
): void {
  for (const [name, each] of Object.entries(expected)) each.check(outputs[name])
}
