import type { Gpu } from '../../src/gpu/gpu.ts'
import { readsTextures } from '../../src/graph/convolution/through_textures.ts'
import { unpromised } from './ieee.ts'
import { type KernelRun, verify } from './kernel_run.ts'

/**
 * Runs a case on any adapter, and checks its outputs. Returns the reason if the result says nothing on this adapter, and undefined
 * if the outputs are right. Throws if they are wrong.
 */
export async function verifyOn(gpu: Gpu, run: KernelRun): Promise<string | undefined> {
  if ((run.workgroupBytes ?? 0) > gpu.limits.maxComputeWorkgroupStorageSize)
    return 'a workgroup of this adapter has too little memory for the tile'
  if (run.kernel.textures && !readsTextures(gpu)) return 'networks here do not read through textures'
  try {
    await verify(gpu, run)
  } catch (error) {
    const functions = await unpromised(gpu, run)
    if (functions.length === 0) throw error
    return `this adapter’s ${functions.join(', ')} is not that of IEEE 754`
  }
}
