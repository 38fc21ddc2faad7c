// Dawn's polling, slowed to a pace that leaves the cores to the work.
//
// While a promise of Dawn's is pending, Dawn polls: it hands a callback to `globalThis.setImmediate`, and each run of the callback
// hands over the next one. That keeps a core busy, and on a software adapter the cores are the GPU. Dawn looks `setImmediate` up
// anew each time, and only inside a method that returns a promise or inside the callback. So `setImmediate` is another function
// for the time of these calls alone. They run no code of the host program, which never sees that function.

import { setTimeout } from 'node:timers'
import { globals } from 'webgpu'

/** The methods that return promises, by Dawn's classes. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  GPU: ['requestAdapter'],
  GPUAdapter: ['requestDevice'],
  GPUBuffer: ['mapAsync'],
  GPUDevice: ['createComputePipelineAsync', 'createRenderPipelineAsync', 'popErrorScope'],
  GPUQueue: ['onSubmittedWorkDone'],
  GPUShaderModule: ['getCompilationInfo'],
}

const POLL_MILLISECONDS = 1

type Method = (...args: unknown[]) => unknown

let slowed = false

/** From now on Dawn polls about once a millisecond, for whoever uses it in this process. */
export function slowPolling(): void {
  if (slowed) return
  slowed = true
  for (const [name, methods] of Object.entries(METHODS)) {
    const { prototype } = (globals as Record<string, { prototype: Record<string, Method> }>)[name]
    for (const method of methods) {
      const original = prototype[method]
      prototype[method] = function (...args) {
        return pollingSlowly(() => original.apply(this, args))
      }
    }
  }
}

/** Runs a call into Dawn. A poll that it asks for comes by a timer. */
function pollingSlowly<T>(call: () => T): T {
  const { setImmediate: immediate } = globalThis
  const slow = (callback: Method, ...args: unknown[]) =>
    isPoll(callback)
      ? setTimeout(() => pollingSlowly(() => callback(...args)), POLL_MILLISECONDS)
      : immediate(callback, ...args)
  globalThis.setImmediate = Object.assign(slow, immediate) as unknown as typeof setImmediate
  try {
    return call()
  } finally {
    globalThis.setImmediate = immediate
  }
}

/** Dawn's callback is native and has no name. A listener of the host program, which Dawn may call, passes others. */
const isPoll = (callback: Method) =>
  callback.name === '' && Function.prototype.toString.call(callback).includes('[native code]')
