// WebGPU in browsers.

import { NoAdapterError } from '../gpu/errors.ts'
import { type Gpu, SUBMIT_MILLISECONDS } from '../gpu/gpu.ts'
import { adoptDevice, type DeviceRequest, requestGpu } from '../gpu/request_gpu.ts'
import { loadKernels } from '../graph/convolution/device_kernels.ts'

export interface OpenGpuOptions {
  /** The device to ask the adapter for, such as one with WebGPU's default limits in place of its own. */
  device?: DeviceRequest
}

/**
 * Opens the browser's default adapter. Throws NoAdapterError, which says what is missing. `destroy()` frees the GPU's memory; the
 * browser also frees it when the page is closed.
 */
export async function openGpu({ device }: OpenGpuOptions = {}): Promise<Gpu> {
  const entry = webGpu()
  try {
    return await opened(await requestGpu(entry, device))
  } catch (error) {
    if (!(error instanceof NoAdapterError)) throw error
    throw new NoAdapterError(
      'no GPU adapter: this browser has WebGPU, but allows it on none of the GPUs of this machine; chrome://gpu or about:support says why',
    )
  }
}

/** Takes a caller's device, which stays alive. */
export const openDevice = async (device: GPUDevice): Promise<Gpu> =>
  opened(await adoptDevice(webGpu(), device))

/** A page that draws waits for a submit to end, also on a CPU adapter. */
function opened(gpu: Gpu): Promise<Gpu> {
  gpu.submitMilliseconds = SUBMIT_MILLISECONDS
  return loadKernels(gpu)
}

function webGpu(): GPU {
  const entry = globalThis.navigator?.gpu
  if (entry) return entry
  throw new NoAdapterError(
    globalThis.isSecureContext === false
      ? 'no WebGPU in an insecure context: serve the page over https:, or open it at localhost'
      : 'no WebGPU in this browser: a current Chrome, Edge, Safari or Firefox has it',
  )
}
