// A GPU that holds less than it could, as phones do: small networks then meet every limit.

import type { Gpu } from '../../src/gpu/gpu.ts'
import type { PlanLimits } from '../../src/graph/plan/limits.ts'

/** Runs `work` while the GPU reports these limits, and refuses larger bindings and buffers. */
export async function withLimits<T>(
  gpu: Gpu,
  lower: Partial<PlanLimits>,
  work: () => Promise<T>,
): Promise<T> {
  const { limits, device } = gpu
  const reported = new Proxy(limits, {
    get: (target, name) => lower[name as keyof PlanLimits] ?? Reflect.get(target, name, target),
  })
  const createBindGroup: GPUDevice['createBindGroup'] = descriptor => {
    for (const { resource } of descriptor.entries) {
      const { size = 0 } = resource as GPUBufferBinding
      if (size > reported.maxStorageBufferBindingSize)
        throw new Error(`${descriptor.label} binds ${size} of ${reported.maxStorageBufferBindingSize} bytes`)
    }
    return prototypeOf(device).createBindGroup.call(device, descriptor)
  }
  Object.defineProperty(gpu, 'limits', { configurable: true, value: reported })
  Object.defineProperty(device, 'createBindGroup', { configurable: true, value: createBindGroup })
  try {
    return await work()
  } finally {
    delete (gpu as { limits?: GPUSupportedLimits }).limits
    delete (device as Partial<GPUDevice>).createBindGroup
  }
}

const prototypeOf = (device: GPUDevice): GPUDevice => Object.getPrototypeOf(device)
