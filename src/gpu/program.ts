// A sequence of kernels with their buffers, ready to run: pipelines, packed parameters and bind groups are made once.

import { UserError } from '../errors.ts'
import { type Gpu, PLACEHOLDER_BYTES, usage } from './gpu.ts'
import { foldGrid, type Kernel } from './kernel.ts'
import type { Pipeline } from './pipelines.ts'
import { packParams } from './wgsl.ts'

/** The part of a GPU buffer that a kernel's buffer takes, in bytes. */
export interface Range {
  buffer: GPUBuffer
  offset: number
  size: number
}

export interface Launch {
  kernel: Kernel
  /** A range for each of the kernel's inputs and outputs. Those of 0 bytes may be missing. */
  ranges: Record<string, Range>
}

/** The time of one kernel on the GPU. */
export interface KernelTime {
  kernel: Kernel
  milliseconds: number
}

interface Dispatch {
  kernel: Kernel
  pipeline: GPUComputePipeline
  bindGroup: GPUBindGroup
  grid: [x: number, y: number]
}

export class Program {
  readonly #gpu: Gpu
  readonly #params: GPUBuffer
  readonly #dispatches: Dispatch[]

  /** Compiles all new pipelines in parallel and builds the bind groups. */
  static async create(gpu: Gpu, label: string, launches: Launch[]): Promise<Program> {
    const pipelines = await Promise.all(launches.map(({ kernel }) => gpu.pipelines.get(kernel)))
    const packed = launches.map(({ kernel }, i) =>
      packParams(pipelines[i].interface.params, kernel.params, kernel.label),
    )
    const entries = launches.map((launch, i) => storageEntries(gpu, launch, pipelines[i]))
    const stride = gpu.limits.minUniformBufferOffsetAlignment
    const slot = Math.ceil(Math.max(16, ...packed.map(bytes => bytes.byteLength)) / stride) * stride
    const contents = new Uint8Array(slot * packed.length)
    packed.forEach((bytes, i) => {
      contents.set(new Uint8Array(bytes), i * slot)
    })
    const params = await gpu.allocate(
      `${label} parameters`,
      contents.length,
      usage.uniform | usage.copyDestination,
    )
    gpu.device.queue.writeBuffer(params, 0, contents)
    const dispatches = launches.map(({ kernel }, i) => ({
      kernel,
      pipeline: pipelines[i].pipeline,
      bindGroup: gpu.device.createBindGroup({
        label: kernel.label,
        layout: pipelines[i].layout,
        entries: [{ binding: 0, resource: { buffer: params, offset: i * slot, size: slot } }, ...entries[i]],
      }),
      grid: foldGrid(kernel.workgroups, gpu.limits.maxComputeWorkgroupsPerDimension),
    }))
    gpu.throwIfFailed()
    return new Program(gpu, params, dispatches)
  }

  private constructor(gpu: Gpu, params: GPUBuffer, dispatches: Dispatch[]) {
    this.#gpu = gpu
    this.#params = params
    this.#dispatches = dispatches
  }

  /** Records the launches `from` … `to` − 1, by default all, in one compute pass. */
  encode(encoder: GPUCommandEncoder, from = 0, to = this.#dispatches.length): void {
    const pass = encoder.beginComputePass()
    for (const dispatch of this.#dispatches.slice(from, to)) record(pass, dispatch)
    pass.end()
  }

  /**
   * Runs each dispatch in its own compute pass and returns the time of each, in milliseconds.
   * Throws UserError if the adapter has no `timestamp-query`.
   */
  async profile(): Promise<KernelTime[]> {
    if (!this.#gpu.device.features.has('timestamp-query'))
      throw new UserError('this GPU has no timestamps to profile with')
    const times = await this.#timePasses(
      this.#dispatches.map(dispatch => ({
        label: dispatch.kernel.label,
        record: pass => record(pass, dispatch),
      })),
    )
    return this.#dispatches.map(({ kernel }, i) => ({ kernel, milliseconds: times[i] }))
  }

  /**
   * Runs the program `repetitions` times and returns the time of one run, in milliseconds: by the GPU's clock if it has
   * timestamps, which may be quantised, else by the host's clock, until the GPU reports that it is done.
   */
  async time(repetitions: number): Promise<number> {
    const repeat = (pass: GPUComputePassEncoder) => {
      for (let i = 0; i < repetitions; i++) for (const dispatch of this.#dispatches) record(pass, dispatch)
    }
    if (this.#gpu.device.features.has('timestamp-query')) {
      const [milliseconds] = await this.#timePasses([{ label: 'time', record: repeat }])
      return milliseconds / repetitions
    }
    const start = performance.now()
    this.#gpu.submit('time', encoder => {
      const pass = encoder.beginComputePass()
      repeat(pass)
      pass.end()
    })
    await this.#gpu.finish()
    return (performance.now() - start) / repetitions
  }

  /** The time of each of these compute passes on the GPU, in milliseconds. */
  async #timePasses(
    passes: { label: string; record(pass: GPUComputePassEncoder): void }[],
  ): Promise<number[]> {
    const { device } = this.#gpu
    const count = passes.length * 2
    const querySet = device.createQuerySet({ label: 'profile', type: 'timestamp', count })
    const resolved = await this.#gpu.allocate('timestamps', count * 8, usage.queryResolve | usage.copySource)
    const readback = await this.#gpu.allocate(
      'timestamps read',
      count * 8,
      usage.mapRead | usage.copyDestination,
    )
    this.#gpu.submit('profile', encoder => {
      passes.forEach(({ label, record }, i) => {
        const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 }
        const pass = encoder.beginComputePass({ label, timestampWrites })
        record(pass)
        pass.end()
      })
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, readback, 0, count * 8)
    })
    const times = new BigUint64Array((await this.#gpu.read(readback, count * 8)).buffer)
    for (const buffer of [resolved, readback]) this.#gpu.release(buffer)
    querySet.destroy()
    return passes.map((_, i) => Number(times[2 * i + 1] - times[2 * i]) / 1e6)
  }

  /** Releases the buffer of parameters. The buffers of the launches belong to the caller. */
  destroy(): void {
    this.#gpu.release(this.#params)
  }
}

function record(pass: GPUComputePassEncoder, { pipeline, bindGroup, grid }: Dispatch): void {
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, bindGroup)
  pass.dispatchWorkgroups(...grid)
}

/** The bind group's entries without the parameters. Throws if the kernel, its shader and its ranges do not match. */
function storageEntries(gpu: Gpu, { kernel, ranges }: Launch, pipeline: Pipeline): GPUBindGroupEntry[] {
  const { buffers } = pipeline.interface
  const sizes: Record<string, number> = { ...kernel.inputs, ...kernel.outputs }
  const unknown = Object.keys(sizes).filter(name => buffers.every(buffer => buffer.name !== name))
  if (unknown.length > 0) throw new Error(`${kernel.label}: the shader has no buffer ${unknown.join(', ')}`)
  return buffers.map(({ name, binding }) => {
    if (!(name in sizes)) throw new Error(`${kernel.label}: buffer ${name} is missing`)
    const placeholder = {
      buffer: gpu.placeholder,
      offset: binding * PLACEHOLDER_BYTES,
      size: PLACEHOLDER_BYTES,
    }
    return { binding, resource: sizes[name] === 0 ? placeholder : rangeOf(kernel, ranges, name, sizes[name]) }
  })
}

function rangeOf(kernel: Kernel, ranges: Record<string, Range>, name: string, size: number): Range {
  const range = ranges[name]
  if (!range) throw new Error(`${kernel.label}: nothing is bound to ${name}`)
  if (range.size < size)
    throw new Error(`${kernel.label}: ${name} needs ${size} bytes, bound to ${range.size}`)
  return range
}
