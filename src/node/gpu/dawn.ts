// WebGPU in Node: Dawn, with its polling slowed to a pace that leaves the cores to the work.

import { create } from 'webgpu'
import { Gpu } from '../../gpu/gpu.ts'
import { withoutDawnWarnings } from './dawn_warnings.ts'

/** A toggle of Dawn's without which timestamps are rounded to 65 µs. */
export const EXACT_TIMESTAMPS = 'disable-dawn-features=timestamp_quantization'

/**
 * Opens Dawn's default adapter. `features` are Dawn's own toggles, such as EXACT_TIMESTAMPS.
 * Throws NoAdapterError. `destroy()` frees the GPU's memory; at the end of a process Node does so without it.
 */
export async function openGpu({ features = [] }: { features?: string[] } = {}): Promise<Gpu> {
  // Mesa warns on stderr when it has nowhere for its sockets, which it does not need.
  process.env.XDG_RUNTIME_DIR ??= '/tmp'
  slowPolling()
  return withoutDawnWarnings(() => Gpu.open(entryWith(features)))
}

/** Dawn's entry points, by their toggles. */
const entries = new Map<string, GPU>()

/**
 * All devices share an entry point, which lives as long as the process: Dawn crashes where the garbage collector takes an entry
 * point before the devices that it opened.
 */
function entryWith(features: string[]): GPU {
  const key = features.join()
  const entry = entries.get(key) ?? create(features)
  entries.set(key, entry)
  return entry
}

let slowed = false

/**
 * While a promise is pending Dawn polls from `setImmediate`, over and over, which keeps a core busy: on a software adapter
 * that core is half of the GPU. Its callback is the only native, nameless one; that one is put off by a millisecond.
 */
function slowPolling(): void {
  if (slowed) return
  slowed = true
  const { setImmediate: immediate } = globalThis
  const isDawnPoll = (callback: (...args: unknown[]) => void) =>
    callback.name === '' && Function.prototype.toString.call(callback).includes('[native code]')
  globalThis.setImmediate = Object.assign(
    (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
      isDawnPoll(callback) ? setTimeout(callback, 1, ...args) : immediate(callback, ...args),
    immediate,
  ) as unknown as typeof setImmediate
}
