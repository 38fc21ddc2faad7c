// A WebGPU device and what the library needs around it: limits, memory accounting, pipelines, submission and errors.

import { PLACEHOLDER_BYTES, usage } from './buffers.ts'
import { DeviceLostError, OutOfMemoryError, ValidationError } from './errors.ts'
import { PipelineCache } from './pipelines.ts'
import { type Quirk, quirksOf } from './quirks/quirks.ts'
import { type TextureFormat, texelBytes } from './quirks/texture_reads.ts'

/** An extension of Dawn. */
export const SUBGROUP_MATRIX = 'chromium-experimental-subgroup-matrix'

/** GPUMapMode.READ, which is not a global in Node either. */
const MAP_READ = 1

const MOST_BINDINGS = 16

/** On hardware GPUs. Some systems reset a GPU that works on one submit for two seconds, and a page should show new frames. */
export const SUBMIT_MILLISECONDS = 50

interface GpuOptions {
  info: GPUAdapterInfo
  ownsDevice: boolean
  /** The quirks of adapters that it shall not have. Default: none. */
  without?: readonly Quirk[]
}

type SubgroupMatrixConfigs = Iterable<{
  componentType: string
  resultComponentType: string
  M: number
  N: number
  K: number
}>

export class Gpu {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  /** @internal The needs of this adapter that others do not have. */
  readonly quirks: ReadonlySet<Quirk>
  /** @internal */
  readonly pipelines: PipelineCache
  /**
   * @internal Bound in place of a buffer that a kernel does not use. Each binding has its own `PLACEHOLDER_BYTES`: they
   * may not overlap.
   */
  readonly placeholder: GPUBuffer
  /** @internal Kept so that it lives as long as the device: Dawn crashes if it is garbage-collected first. */
  readonly entry: GPU
  /** @internal How long a submit may take, in milliseconds: longer programs run in several. On CPU adapters, one is faster. */
  submitMilliseconds: number
  /** @internal The most bytes of all buffers and textures. Set where it is known: WebGPU does not tell a GPU's memory. */
  memoryBytes = Infinity
  readonly #ownsDevice: boolean
  readonly #liveBytes = new Map<GPUBuffer | GPUTexture, number>()
  #peakBytes = 0
  #failure: Error | undefined
  readonly #noteError = (event: GPUUncapturedErrorEvent) => {
    event.preventDefault() // The next call throws the error, so Dawn need not print it.
    this.#failure ??= new ValidationError(event.error.message)
  }

  /** @internal Around a device, whose subgroups nobody has tried out: request_gpu.ts does, and opens devices. */
  static around(entry: GPU, device: GPUDevice, options: GpuOptions): Gpu {
    return new Gpu(entry, device, options)
  }

  private constructor(entry: GPU, device: GPUDevice, { info, ownsDevice, without }: GpuOptions) {
    this.entry = entry
    this.device = device
    this.info = info
    this.#ownsDevice = ownsDevice
    this.quirks = quirksOf(info, { wgsl: entry.wgslLanguageFeatures, without })
    this.submitMilliseconds = this.isCpu ? Infinity : SUBMIT_MILLISECONDS
    this.pipelines = new PipelineCache(device, this.quirks)
    this.placeholder = device.createBuffer({
      label: 'placeholder',
      size: PLACEHOLDER_BYTES * MOST_BINDINGS,
      usage: usage.storage,
    })
    // On the caller's device, an error may be the caller's.
    if (ownsDevice) device.addEventListener('uncapturederror', this.#noteError)
    device.lost.then(info => {
      this.#failure = new DeviceLostError(info)
    })
  }

  get limits(): GPUSupportedLimits {
    return this.device.limits
  }

  /** Whether the adapter computes on the CPU. */
  get isCpu(): boolean {
    return this.quirks.has('cpu')
  }

  /** @internal Lanes of a subgroup, if the adapter has subgroups, and all have the one size that it reports. */
  get subgroupSize(): number | undefined {
    const { subgroupMinSize, subgroupMaxSize } = this.info
    return subgroupMinSize === subgroupMaxSize ? this.subgroupSizes.at(0) : undefined
  }

  /** @internal The sizes of subgroups that kernels get where they ask for one, in ascending order. */
  get subgroupSizes(): readonly number[] {
    return this.pipelines.subgroupSizes
  }

  /**
   * @internal Sizes of the f16 matrices that the adapter multiplies and adds up in f32, if it can: an extension of
   * Dawn.
   */
  get subgroupMatrix(): { m: number; n: number; k: number } | undefined {
    if (!this.device.features.has(SUBGROUP_MATRIX)) return undefined
    const { subgroupMatrixConfigs = [] } = this.info as { subgroupMatrixConfigs?: SubgroupMatrixConfigs }
    const config = [...subgroupMatrixConfigs].find(
      ({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32',
    )
    return config && { m: config.M, n: config.N, k: config.K }
  }

  /** Bytes of the buffers and textures from `allocate…`: of those that exist, and the most that ever existed at one time. */
  get memory(): { liveBytes: number; peakBytes: number; buffers: number } {
    const liveBytes = [...this.#liveBytes.values()].reduce((sum, size) => sum + size, 0)
    return { liveBytes, peakBytes: this.#peakBytes, buffers: this.#liveBytes.size }
  }

  /** @internal A buffer of `size` bytes, rounded up to 16. Throws OutOfMemoryError with the size and the label. */
  async allocate(label: string, size: number, flags: number): Promise<GPUBuffer> {
    const bytes = Math.max(16, Math.ceil(size / 16) * 16)
    if (bytes > this.limits.maxBufferSize)
      throw new OutOfMemoryError(
        `${label}: ${megabytes(bytes)} is more than this GPU's largest buffer, ${megabytes(this.limits.maxBufferSize)}`,
      )
    return this.#account(label, bytes, () => this.device.createBuffer({ label, size: bytes, usage: flags }))
  }

  /** @internal A two-dimensional texture. Throws OutOfMemoryError with the size and the label. */
  async allocateTexture(
    label: string,
    { size, format, usage }: { size: GPUExtent3DDict; format: TextureFormat; usage: number },
  ): Promise<GPUTexture> {
    const bytes = size.width * size.height! * texelBytes(format)
    return this.#account(label, bytes, () => this.device.createTexture({ label, size, format, usage }))
  }

  async #account<Resource extends GPUBuffer | GPUTexture>(
    label: string,
    bytes: number,
    create: () => Resource,
  ): Promise<Resource> {
    const { liveBytes } = this.memory
    if (liveBytes + bytes > this.memoryBytes)
      throw new OutOfMemoryError(
        `${label}: ${megabytes(bytes)} more than the ${megabytes(liveBytes)} in use do not fit into the memory, ${megabytes(this.memoryBytes)}`,
      )
    this.device.pushErrorScope('out-of-memory')
    const resource = create()
    const error = await this.device.popErrorScope()
    this.throwIfFailed()
    if (error) throw new OutOfMemoryError(`${label}: the GPU has no room for ${megabytes(bytes)}`)
    this.#liveBytes.set(resource, bytes)
    this.#peakBytes = Math.max(this.#peakBytes, this.memory.liveBytes)
    return resource
  }

  /** @internal Several buffers, as from `allocate`. If one does not fit, all are released. */
  async allocateAll(wanted: { label: string; size: number; flags: number }[]): Promise<GPUBuffer[]> {
    const buffers: GPUBuffer[] = []
    try {
      for (const { label, size, flags } of wanted) buffers.push(await this.allocate(label, size, flags))
    } catch (error) {
      for (const buffer of buffers) this.release(buffer)
      throw error
    }
    return buffers
  }

  /** @internal Destroys a buffer or a texture from `allocate…`. */
  release(resource: GPUBuffer | GPUTexture): void {
    this.#liveBytes.delete(resource)
    resource.destroy()
  }

  /** @internal Records commands with `record` and submits them once. */
  submit(label: string, record: (encoder: GPUCommandEncoder) => void): void {
    this.throwIfFailed()
    const encoder = this.device.createCommandEncoder({ label })
    record(encoder)
    this.device.queue.submit([encoder.finish()])
  }

  /** @internal The first `size` bytes of a buffer with `mapRead`, after all earlier submissions. */
  async read(buffer: GPUBuffer, size: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#settle(buffer.mapAsync(MAP_READ, 0, size))
    const bytes = new Uint8Array(buffer.getMappedRange(0, size).slice(0))
    buffer.unmap()
    this.throwIfFailed()
    return bytes
  }

  /** @internal The first `size` bytes of a buffer with `copySource`, after all earlier submissions. */
  async download(buffer: GPUBuffer, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const readback = await this.allocate(`${buffer.label} read`, size, usage.mapRead | usage.copyDestination)
    this.submit('download', encoder => encoder.copyBufferToBuffer(buffer, 0, readback, 0, size))
    const bytes = await this.read(readback, size)
    this.release(readback)
    return bytes
  }

  /** @internal Waits until all submissions are done. */
  async finish(): Promise<void> {
    await this.#settle(this.device.queue.onSubmittedWorkDone())
    this.throwIfFailed()
  }

  /** @internal Throws an error that arrived outside any call: a lost device, or a command that WebGPU refused. */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure
  }

  /**
   * Destroys the device with all its buffers; of a device that the caller opened, only the library's buffers. Later calls, and
   * calls that still wait, throw DeviceLostError.
   */
  destroy(): void {
    this.#failure = new DeviceLostError({ reason: 'destroyed', message: 'destroy() was called' })
    if (!this.#ownsDevice) for (const resource of this.#liveBytes.keys()) resource.destroy()
    this.#liveBytes.clear()
    this.placeholder.destroy()
    if (!this.#ownsDevice) return
    // Dawn keeps a device that has a listener, with its threads, until the process ends.
    this.device.removeEventListener('uncapturederror', this.#noteError as EventListener)
    this.device.destroy()
  }

  /** A lost device rejects pending promises with another error. This throws the DeviceLostError instead. */
  async #settle<T>(pending: Promise<T>): Promise<T> {
    try {
      return await pending
    } catch (error) {
      await Promise.race([this.device.lost, Promise.resolve()])
      this.throwIfFailed()
      throw error
    }
  }
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
