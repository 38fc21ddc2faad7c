// Compute pipelines, compiled asynchronously and kept in a bounded cache. The key is the assembled text and its constants.

import { ShaderError } from './errors.ts'
import type { Kernel } from './kernel.ts'
import { shaders } from './shaders.gen.ts'
import { assemble, type Interface, numbered, parseInterface } from './wgsl.ts'

export interface Pipeline {
  pipeline: GPUComputePipeline
  layout: GPUBindGroupLayout
  interface: Interface
}

/** Networks here need a few dozen; the bound is against a caller that walks through endless shapes. */
const CAPACITY = 256

export class PipelineCache {
  readonly #device: GPUDevice
  readonly #pipelines = new Map<string, Promise<Pipeline>>()

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** The kernel's pipeline, compiled at its first use. Throws ShaderError with the numbered WGSL. */
  get(kernel: Kernel): Promise<Pipeline> {
    const code = assemble(shaders[kernel.shader], kernel)
    const key = `${JSON.stringify(Object.entries(kernel.constants ?? {}).sort())}\n${code}`
    const cached = this.#pipelines.get(key)
    this.#pipelines.delete(key)
    const pipeline = cached ?? compile(this.#device, kernel, code)
    this.#pipelines.set(key, pipeline)
    pipeline.catch(() => this.#pipelines.delete(key))
    if (this.#pipelines.size > CAPACITY) this.#pipelines.delete(this.#pipelines.keys().next().value!)
    return pipeline
  }
}

async function compile(device: GPUDevice, kernel: Kernel, code: string): Promise<Pipeline> {
  const parsed = parseInterface(code)
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label: kernel.shader, code })
  const layout = bindGroupLayout(device, kernel.shader, parsed)
  const compiling = device.createComputePipelineAsync({
    label: kernel.shader,
    layout: device.createPipelineLayout({ label: kernel.shader, bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main', constants: kernel.constants },
  })
  const scope = device.popErrorScope()
  const failure = await compiling.then(() => undefined, reason)
  const invalid = await scope
  if (failure !== undefined || invalid)
    throw new ShaderError(`${kernel.label}: ${invalid?.message ?? failure}\n${numbered(code)}`)
  return { pipeline: await compiling, layout, interface: parsed }
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

function bindGroupLayout(device: GPUDevice, label: string, { buffers }: Interface): GPUBindGroupLayout {
  const visibility = 4 // GPUShaderStage.COMPUTE, which is not a global in Node
  const storage = buffers.map(({ binding, access }) => ({
    binding,
    visibility,
    buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
  }))
  return device.createBindGroupLayout({
    label,
    entries: [{ binding: 0, visibility, buffer: { type: 'uniform' } }, ...storage],
  })
}
