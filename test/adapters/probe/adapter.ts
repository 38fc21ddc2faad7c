// The adapter under test: a GPU that is opened anew after a check that broke it.

import type { Gpu } from '../../../src/gpu/gpu.ts'
import { type DeviceRequest, requestGpu } from '../../../src/gpu/request_gpu.ts'
import { loadKernels } from '../../../src/graph/convolution/device_kernels.ts'

export interface TestedAdapter {
  /** The GPU for the next check. */
  gpu(): Promise<Gpu>
  close(): void
}

/** Throws NoAdapterError. */
export async function openAdapter(entry: GPU, request: DeviceRequest): Promise<TestedAdapter> {
  let open = await loadKernels(await requestGpu(entry, request))
  return {
    async gpu() {
      try {
        await open.finish()
      } catch {
        open.destroy()
        open = await loadKernels(await requestGpu(entry, request))
      }
      return open
    },
    close: () => open.destroy(),
  }
}

/** Runs a check, which fails if WebGPU refuses one of its commands later. */
export async function withGpu<T>(adapter: TestedAdapter, check: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await adapter.gpu()
  const result = await check(gpu)
  await gpu.finish()
  return result
}
