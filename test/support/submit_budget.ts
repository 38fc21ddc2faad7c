import type { Gpu } from '../../src/gpu/gpu.ts'
import { LaunchTimes } from '../../src/gpu/launch_times.ts'

/** Does some work with submits that take at most so many milliseconds: on CPU adapters they are not bounded otherwise. */
export async function withSubmitsOf<T>(milliseconds: number, gpu: Gpu, work: () => Promise<T>): Promise<T> {
  const before = gpu.submitMilliseconds
  gpu.submitMilliseconds = milliseconds
  try {
    return await work()
  } finally {
    gpu.submitMilliseconds = before
  }
}

/** Does some work without learning how long launches take, so that the number of submits is the same each time. */
export async function withGuessedTimes<T>(work: () => Promise<T>): Promise<T> {
  const { learn } = LaunchTimes.prototype
  LaunchTimes.prototype.learn = () => {}
  try {
    return await work()
  } finally {
    LaunchTimes.prototype.learn = learn
  }
}

/** The number of submits during some work. */
export async function submitsDuring(gpu: Gpu, work: () => Promise<unknown>): Promise<number> {
  const { queue } = gpu.device
  const { submit } = queue
  let count = 0
  queue.submit = buffers => {
    count++
    return submit.call(queue, buffers)
  }
  try {
    await work()
    return count
  } finally {
    delete (queue as Partial<GPUQueue>).submit
  }
}

/** The labels of the kernels that are launched during some work. */
export async function kernelsDuring({ device }: Gpu, work: () => Promise<unknown>): Promise<Set<string>> {
  const labels = new Set<string>()
  const { createCommandEncoder } = device
  device.createCommandEncoder = descriptor => {
    const encoder = createCommandEncoder.call(device, descriptor)
    const { beginComputePass } = encoder
    encoder.beginComputePass = descriptor => {
      const pass = beginComputePass.call(encoder, descriptor)
      const { setBindGroup } = pass
      pass.setBindGroup = (index: number, group: GPUBindGroup) => {
        if (index === 0) labels.add(group.label)
        ;(setBindGroup as (index: number, group: GPUBindGroup) => void).call(pass, index, group)
      }
      return pass
    }
    return encoder
  }
  try {
    await work()
    return labels
  } finally {
    delete (device as Partial<GPUDevice>).createCommandEncoder
  }
}

/** Does some work with a signal that is aborted right after so many submits. */
export async function abortedAfter<T>(
  submits: number,
  gpu: Gpu,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { queue } = gpu.device
  const { submit } = queue
  const end = new AbortController()
  let count = 0
  queue.submit = buffers => {
    const submitted = submit.call(queue, buffers)
    if (++count === submits) end.abort(ENOUGH)
    return submitted
  }
  try {
    return await work(end.signal)
  } finally {
    delete (queue as Partial<GPUQueue>).submit
  }
}

/** The reason of the signals of `abortedAfter`. */
export const ENOUGH = new Error('enough')
