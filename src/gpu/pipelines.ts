// Compute pipelines, compiled asynchronously and kept in a bounded cache. The key is the assembled text.

import { ShaderError } from './errors.ts'
import { type Kernel, shaderName, shaderText } from './kernel.ts'
import { assemble, type Interface, numbered, parseInterface } from './wgsl.ts'

export interface Pipeline {
  pipeline: GPUComputePipeline
  layout: GPUBindGroupLayout
  interface: Interface
}

/** A network needs a few dozen pipelines. The bound is for a caller that keeps asking for new constants. */
const CAPACITY = 256

export class PipelineCache {
  readonly #device: GPUDevice
  readonly #pipelines = new Map<string, Promise<Pipeline>>()

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** The kernel's pipeline, compiled when it is first used. Throws ShaderError with the numbered WGSL. */
  async get(kernel: Kernel): Promise<Pipeline> {
    const code = assemble(shaderText(kernel), kernel)
    const cached = this.#pipelines.get(code)
    this.#pipelines.delete(code)
    const pipeline = cached ?? compile(this.#device, kernel, code)
    this.#pipelines.set(code, pipeline)
    pipeline.catch(() => this.#pipelines.delete(code))
    if (this.#pipelines.size > CAPACITY) this.#pipelines.delete(this.#pipelines.keys().next().value!)
    return pipeline
  }
}

async function compile(device: GPUDevice, kernel: Kernel, code: string): Promise<Pipeline> {
  const parsed = parseInterface(code)
  const label = shaderName(kernel)
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label, code })
  const layout = bindGroupLayout(device, label, parsed)
  const compiling = device.createComputePipelineAsync({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'main' },
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
