// Compute pipelines, compiled asynchronously and kept in a bounded cache. The key is the assembled text.

import { ShaderError } from './errors.ts'
import type { Kernel } from './kernel.ts'
import type { Quirk } from './quirks/quirks.ts'
import { assemble, type Interface, numbered, parseInterface } from './wgsl.ts'

export interface Pipeline {
  pipeline: GPUComputePipeline
  layout: GPUBindGroupLayout
  interface: Interface
}

/** A network needs a few dozen pipelines. The bound is for a caller that keeps asking for new constants. */
const CAPACITY = 256

/** How many pipelines `prepare` compiles at a time. */
const AT_ONCE = 8

export interface PrepareOptions {
  /** Called with the number of pipelines that are compiled, and of all. */
  onProgress?: (progress: { done: number; total: number }) => void
  signal?: AbortSignal
}

/** GPUShaderStage.COMPUTE, which is not a global in Node. */
const COMPUTE = 4

export class PipelineCache {
  /** The layout of group 1 of divisible shaders. */
  readonly firstWorkgroup: GPUBindGroupLayout
  /** The sizes of subgroups that kernels get where they ask for one. */
  subgroupSizes: readonly number[] = []
  readonly #device: GPUDevice
  readonly #quirks: ReadonlySet<Quirk>
  readonly #pipelines = new Map<string, Promise<Pipeline>>()

  constructor(device: GPUDevice, quirks: ReadonlySet<Quirk> = new Set()) {
    this.#device = device
    this.firstWorkgroup = device.createBindGroupLayout({
      label: 'first workgroup',
      entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: 'uniform' } }],
    })
    this.#quirks = quirks
  }

  /** The kernel's pipeline, compiled when it is first used. Throws ShaderError with the numbered WGSL. */
  async get(kernel: Kernel): Promise<Pipeline> {
    const code = this.#assembled(kernel)
    const cached = this.#pipelines.get(code)
    this.#pipelines.delete(code)
    const pipeline = cached ?? this.#compile(kernel, code)
    this.#pipelines.set(code, pipeline)
    pipeline.catch(() => this.#pipelines.delete(code))
    if (this.#pipelines.size > CAPACITY) this.#pipelines.delete(this.#pipelines.keys().next().value!)
    return pipeline
  }

  /**
   * Compiles the kernels' pipelines that are not compiled yet, a few at a time, so that few are under way after an abort. Throws
   * ShaderError, or the signal's reason.
   */
  async prepare(kernels: readonly Kernel[], { onProgress, signal }: PrepareOptions = {}): Promise<void> {
    const different = new Map(kernels.map(kernel => [this.#assembled(kernel), kernel]))
    const waiting = [...different.values()]
    let done = 0
    const compileNext = async (): Promise<void> => {
      const kernel = waiting.shift()
      if (!kernel) return
      try {
        signal?.throwIfAborted()
        await this.get(kernel)
      } catch (error) {
        waiting.length = 0
        throw error
      }
      onProgress?.({ done: ++done, total: different.size })
      return compileNext()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, compileNext))
    signal?.throwIfAborted()
  }

  #assembled(kernel: Kernel): string {
    const { shader, subgroupSize, uniformLanes = 0 } = kernel
    const isPinned =
      this.#device.features.has('subgroup-size-control') &&
      this.subgroupSizes.some(size => size === subgroupSize)
    const { features, adapterInfo } = this.#device
    // Old browsers tell nothing of a device's adapter.
    const largestSubgroup = adapterInfo?.subgroupMaxSize ?? Infinity
    const isUniform = features.has('subgroups') && uniformLanes >= largestSubgroup
    return assemble(shader.wgsl, { ...kernel, isUniform, subgroupSize: isPinned ? subgroupSize : undefined })
  }

  async #compile(kernel: Kernel, assembled: string): Promise<Pipeline> {
    const code = this.#quirks.has('unroll') ? await unrolled(assembled) : assembled
    const device = this.#device
    const parsed = parseInterface(code)
    const label = kernel.shader.name
    device.pushErrorScope('validation')
    const module = device.createShaderModule({ label, code })
    const layout = bindGroupLayout(device, label, parsed)
    const compiling = device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({
        label,
        bindGroupLayouts: parsed.divisible ? [layout, this.firstWorkgroup] : [layout],
      }),
      compute: { module, entryPoint: 'main' },
    })
    const scope = device.popErrorScope()
    const failure = await compiling.then(() => undefined, reason)
    const invalid = await scope
    if (failure !== undefined || invalid)
      throw new ShaderError(`${kernel.label}: ${(invalid?.message ?? failure)!.trim()}\n${numbered(code)}`)
    return { pipeline: await compiling, layout, interface: parsed }
  }
}

/** Few adapters want it: a page loads it for those. */
const unrolled = async (code: string) => (await import('./quirks/unroll.ts')).unroll(code)

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

function bindGroupLayout(device: GPUDevice, label: string, { buffers }: Interface): GPUBindGroupLayout {
  const storage = buffers.map(({ binding, access, texture }) => ({
    binding,
    visibility: COMPUTE,
    ...(texture
      ? { storageTexture: { access: 'read-only' as const, format: texture } }
      : { buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) } }),
  }))
  return device.createBindGroupLayout({
    label,
    entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: 'uniform' } }, ...storage],
  })
}
