// A sequence of kernels with their buffers, ready to run: pipelines, packed parameters and bind groups are made once.

import { UserError } from '../errors.ts'
import { type Gpu, PLACEHOLDER_BYTES, usage } from './gpu.ts'
import { foldGrid, type Kernel } from './kernel.ts'
import type { Pipeline } from './pipelines.ts'
import { HeldCopies, TextureCopies, type TextureCopy } from './texture_copies.ts'
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
  /** What is copied into textures just before, where it is not there yet. */
  copies: TextureCopy[]
  writes: Range[]
}

interface Timestamps {
  querySet: GPUQuerySet
  begin: number
  end: number
}

export class Program {
  readonly #gpu: Gpu
  readonly #params: GPUBuffer
  readonly #textures: TextureCopies
  readonly #dispatches: Dispatch[]

  /** Compiles all new pipelines in parallel and builds the bind groups. */
  static async create(gpu: Gpu, label: string, launches: Launch[]): Promise<Program> {
    const pipelines = await Promise.all(launches.map(({ kernel }) => gpu.pipelines.get(kernel)))
    const packed = launches.map(({ kernel }, i) =>
      packParams(pipelines[i].interface.params, kernel.params, kernel.label),
    )
    const copies = launches.map((launch, i) => textureCopies(launch, pipelines[i]))
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
    const textures = await TextureCopies.create(gpu, label, copies.flat())
    const dispatches = launches.map(({ kernel }, i) => ({
      kernel,
      pipeline: pipelines[i].pipeline,
      bindGroup: gpu.device.createBindGroup({
        label: kernel.label,
        layout: pipelines[i].layout,
        entries: [
          { binding: 0, resource: { buffer: params, offset: i * slot, size: slot } },
          ...entries[i],
          ...copies[i].map(copy => ({ binding: copy.binding, resource: textures.view(copy) })),
        ],
      }),
      grid: foldGrid(kernel.workgroups, gpu.limits.maxComputeWorkgroupsPerDimension),
      copies: copies[i],
      writes: writtenRanges(launches[i]),
    }))
    gpu.throwIfFailed()
    return new Program(gpu, { params, textures, dispatches })
  }

  private constructor(
    gpu: Gpu,
    parts: { params: GPUBuffer; textures: TextureCopies; dispatches: Dispatch[] },
  ) {
    this.#gpu = gpu
    this.#params = parts.params
    this.#textures = parts.textures
    this.#dispatches = parts.dispatches
  }

  /** Records the launches `from` … `to` − 1, by default all. A compute pass ends where something is copied into a texture. */
  encode(encoder: GPUCommandEncoder, from = 0, to = this.#dispatches.length): void {
    this.#record(encoder, this.#dispatches.slice(from, to))
  }

  /** `times` has the indices of the timestamps before the first copy or dispatch, and after the last dispatch. */
  #record(encoder: GPUCommandEncoder, dispatches: Dispatch[], times?: Timestamps): void {
    const passes = inPasses(dispatches)
    // A timestamp is written where a pass begins or ends. The copies of the first dispatch are before its pass.
    if (times && passes[0].copies.length > 0) passes.unshift({ copies: [], dispatches: [] })
    passes.forEach((pass, i) => {
      for (const copy of pass.copies) this.#textures.record(encoder, copy)
      const [begins, ends] = [i === 0, i === passes.length - 1]
      const recording = encoder.beginComputePass({
        timestampWrites: times && (begins || ends) ? timestampWrites(times, { begins, ends }) : undefined,
      })
      for (const dispatch of pass.dispatches) record(recording, dispatch)
      recording.end()
    })
  }

  /**
   * Runs each dispatch in its own compute pass and returns the time of each, in milliseconds, with its copies into textures.
   * Throws UserError if the adapter has no `timestamp-query`.
   */
  async profile(): Promise<KernelTime[]> {
    if (!this.#gpu.device.features.has('timestamp-query'))
      throw new UserError('this GPU has no timestamps to profile with')
    const times = await this.#timeEach(this.#dispatches.map(dispatch => [dispatch]))
    return this.#dispatches.map(({ kernel }, i) => ({ kernel, milliseconds: times[i] }))
  }

  /**
   * Runs the program `repetitions` times and returns the time of one run, in milliseconds: by the GPU's clock if it has
   * timestamps, which may be quantised, else by the host's clock, until the GPU reports that it is done.
   */
  async time(repetitions: number): Promise<number> {
    const all = Array.from({ length: repetitions }, () => this.#dispatches).flat()
    if (this.#gpu.device.features.has('timestamp-query')) {
      const [milliseconds] = await this.#timeEach([all])
      return milliseconds / repetitions
    }
    const start = performance.now()
    this.#gpu.submit('time', encoder => this.#record(encoder, all))
    await this.#gpu.finish()
    return (performance.now() - start) / repetitions
  }

  /** The time of each of these lists of dispatches on the GPU, in milliseconds. */
  async #timeEach(lists: Dispatch[][]): Promise<number[]> {
    const { device } = this.#gpu
    const count = lists.length * 2
    const querySet = device.createQuerySet({ label: 'profile', type: 'timestamp', count })
    const resolved = await this.#gpu.allocate('timestamps', count * 8, usage.queryResolve | usage.copySource)
    const readback = await this.#gpu.allocate(
      'timestamps read',
      count * 8,
      usage.mapRead | usage.copyDestination,
    )
    this.#gpu.submit('profile', encoder => {
      lists.forEach((dispatches, i) => {
        this.#record(encoder, dispatches, { querySet, begin: 2 * i, end: 2 * i + 1 })
      })
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, readback, 0, count * 8)
    })
    const times = new BigUint64Array((await this.#gpu.read(readback, count * 8)).buffer)
    for (const buffer of [resolved, readback]) this.#gpu.release(buffer)
    querySet.destroy()
    return lists.map((_, i) => Number(times[2 * i + 1] - times[2 * i]) / 1e6)
  }

  /** Releases the buffer of parameters and the textures. The buffers of the launches belong to the caller. */
  destroy(): void {
    this.#gpu.release(this.#params)
    this.#textures.destroy()
  }
}

/** Dispatches that run in one pass, after copies: nothing is copied within a pass. */
interface Pass {
  copies: TextureCopy[]
  dispatches: Dispatch[]
}

function inPasses(dispatches: Dispatch[]): Pass[] {
  const passes: Pass[] = []
  const held = new HeldCopies()
  for (const dispatch of dispatches) {
    const copies = dispatch.copies.filter(copy => held.isNew(copy))
    if (passes.length === 0 || copies.length > 0) passes.push({ copies, dispatches: [dispatch] })
    else passes.at(-1)!.dispatches.push(dispatch)
    held.forget(dispatch.writes)
  }
  return passes
}

const timestampWrites = (
  { querySet, begin, end }: Timestamps,
  { begins, ends }: { begins: boolean; ends: boolean },
): GPUComputePassTimestampWrites => ({
  querySet,
  ...(begins && { beginningOfPassWriteIndex: begin }),
  ...(ends && { endOfPassWriteIndex: end }),
})

function record(pass: GPUComputePassEncoder, { pipeline, bindGroup, grid }: Dispatch): void {
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, bindGroup)
  pass.dispatchWorkgroups(...grid)
}

const writtenRanges = ({ kernel, ranges }: Launch): Range[] =>
  Object.keys(kernel.outputs).flatMap(name => (kernel.outputs[name] > 0 ? [ranges[name]] : []))

/** What a launch copies into textures. */
const textureCopies = ({ kernel, ranges }: Launch, { interface: { buffers } }: Pipeline): TextureCopy[] =>
  buffers.flatMap(({ name, binding, texture }) => {
    if (!texture) return []
    const size = kernel.inputs[name]
    return [{ binding, format: texture, range: { ...rangeOf(kernel, ranges, { name, size }), size } }]
  })

/** The bind group's entries for buffers, without the parameters. Throws if the kernel, its shader and its ranges do not match. */
function storageEntries(
  gpu: Gpu,
  { kernel, ranges }: Launch,
  { interface: { buffers } }: Pipeline,
): GPUBindGroupEntry[] {
  const sizes: Record<string, number> = { ...kernel.inputs, ...kernel.outputs }
  const unknown = Object.keys(sizes).filter(name => buffers.every(buffer => buffer.name !== name))
  if (unknown.length > 0) throw new Error(`${kernel.label}: the shader has no buffer ${unknown.join(', ')}`)
  return buffers.flatMap(({ name, binding, texture }) => {
    if (!(name in sizes)) throw new Error(`${kernel.label}: buffer ${name} is missing`)
    if (texture) return []
    const placeholder = {
      buffer: gpu.placeholder,
      offset: binding * PLACEHOLDER_BYTES,
      size: PLACEHOLDER_BYTES,
    }
    const size = sizes[name]
    return [{ binding, resource: size === 0 ? placeholder : rangeOf(kernel, ranges, { name, size }) }]
  })
}

function rangeOf(
  kernel: Kernel,
  ranges: Record<string, Range>,
  { name, size }: { name: string; size: number },
): Range {
  const range = ranges[name]
  if (!range) throw new Error(`${kernel.label}: nothing is bound to ${name}`)
  if (range.size < size)
    throw new Error(`${kernel.label}: ${name} needs ${size} bytes, bound to ${range.size}`)
  return range
}
