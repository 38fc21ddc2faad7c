// WebGPU in Node, through Dawn.

import { totalmem } from 'node:os'
import { create } from 'webgpu'
import { NoAdapterError } from '../../gpu/errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { adoptDevice, type DeviceRequest, requestGpu } from '../../gpu/request_gpu.ts'
import { loadKernels } from '../../graph/convolution/device_kernels.ts'
import { shown } from '../../options.ts'
import { withoutDawnWarnings } from './dawn_warnings.ts'
import { switchedOff } from './quirks.ts'
import { slowPolling } from './slow_polling.ts'

/** A toggle of Dawn. Without it, timestamps are rounded to 65 µs. */
export const EXACT_TIMESTAMPS = 'disable-dawn-features=timestamp_quantization'

export interface OpenGpuOptions {
  /** Toggles of Dawn, such as EXACT_TIMESTAMPS. */
  features?: string[]
  /** The device to ask the adapter for, such as one with WebGPU's default limits in place of its own. */
  device?: DeviceRequest
}

/**
 * Opens Dawn's default adapter, or the one whose name holds the text of the environment's ATROUS_GPU. Throws NoAdapterError. `destroy()` frees the GPU's memory; Node also frees it when the process
 * ends.
 */
export async function openGpu({ features = [], device }: OpenGpuOptions = {}): Promise<Gpu> {
  // Mesa warns on stderr if this folder for sockets is not set. Dawn does not need the sockets.
  process.env.XDG_RUNTIME_DIR ??= '/tmp'
  const { without, polling, warnings } = switchedOff()
  if (!polling) slowPolling()
  const request = { ...device, without: [...without, ...(device?.without ?? [])] }
  const opening = () => requestGpu(entryWith(features), request)
  const open = warnings ? opening() : withoutDawnWarnings(opening)
  return opened(
    await open.catch(error => {
      throw wrongName(error) ?? error
    }),
  )
}

/** Dawn lists the adapters if none has the name that was asked for. */
function wrongName(error: unknown): NoAdapterError | undefined {
  const names = [...String(error).matchAll(/^ \* backend: .*?, name: '(.*)'$/gm)].map(([, name]) => name)
  if (names.length === 0) return undefined
  return new NoAdapterError(
    `no GPU has a name with ${shown(process.env.ATROUS_GPU)} in it: there are ${names.join('; ')}`,
  )
}

/** Takes a caller's device of npm's `webgpu`, which stays alive. */
export async function openDevice(device: GPUDevice): Promise<Gpu> {
  const { without, polling } = switchedOff()
  if (!polling) slowPolling()
  return opened(await adoptDevice(entryWith([]), device, without))
}

function opened(gpu: Gpu): Promise<Gpu> {
  if (gpu.isCpu) gpu.memoryBytes = computerMemory()
  return loadKernels(gpu)
}

/** In bytes, or what the container allows. A CPU adapter promises more, and the system kills a process that uses it. */
function computerMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity)
}

/** Dawn's entry points, by their toggles. */
const entries = new Map<string, GPU>()

/**
 * All devices share an entry point that lives as long as the process: Dawn crashes if the garbage collector takes an entry point
 * before its devices.
 */
function entryWith(features: string[]): GPU {
  const { ATROUS_GPU } = process.env
  const flags = ATROUS_GPU ? [...features, `adapter=${ATROUS_GPU}`] : features
  const key = flags.join()
  const entry = entries.get(key) ?? create(flags)
  entries.set(key, entry)
  return entry
}
