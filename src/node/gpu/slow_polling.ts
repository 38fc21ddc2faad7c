// Slows down the polling of Dawn, which leaves the cores to the work.
//
// While one of Dawn's promises is pending, Dawn polls: it passes a callback to `globalThis.setImmediate`, and each run of the
// callback passes the next one. That keeps a core busy, and on a software adapter the cores are the GPU. Dawn looks
// `setImmediate` up each time, and only inside a method that returns a promise or inside the callback. So `setImmediate` is
// replaced only during these calls. They run no code of the host program, so it never sees the replacement.

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

/** Makes Dawn poll about once a millisecond from now on, for all users in this process. */
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

/** Runs a call into Dawn. Polls that it requests run by a timer. */
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

/** Dawn's callback is native and has no name. Dawn may call a listener of the host program, whose callbacks differ. */
const isPoll = (callback: Method) =>
  callback.name === '' && Function.prototype.toString.call(callback).includes('[native code]')
