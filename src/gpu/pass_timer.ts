// Timestamps at the beginning and the end of compute passes.

import { UserError } from '../errors.ts'
import { usage } from './buffers.ts'
import type { Gpu } from './gpu.ts'

const TIMESTAMP_BYTES = 8

/** Times passes, which may be in several submits. */
export class PassTimer {
  readonly #gpu: Gpu
  readonly #querySet: GPUQuerySet
  readonly #resolved: GPUBuffer
  readonly #readback: GPUBuffer
  #next = 0

  /** Throws UserError if the adapter has no `timestamp-query`. */
  static async create(gpu: Gpu, passes: number): Promise<PassTimer> {
    if (!gpu.device.features.has('timestamp-query'))
      throw new UserError('this GPU has no timestamps to profile with')
    const size = 2 * passes * TIMESTAMP_BYTES
    const buffers = await gpu.allocateAll([
      { label: 'timestamps', size, flags: usage.queryResolve | usage.copySource },
      { label: 'timestamps read', size, flags: usage.mapRead | usage.copyDestination },
    ])
    return new PassTimer(gpu, 2 * passes, buffers)
  }

  private constructor(gpu: Gpu, count: number, [resolved, readback]: GPUBuffer[]) {
    this.#gpu = gpu
    this.#resolved = resolved
    this.#readback = readback
    this.#querySet = gpu.device.createQuerySet({ label: 'profile', type: 'timestamp', count })
  }

  /** For the next pass. */
  get writes(): GPUComputePassTimestampWrites {
    return {
      querySet: this.#querySet,
      beginningOfPassWriteIndex: this.#next++,
      endOfPassWriteIndex: this.#next++,
    }
  }

  /** Recorded after the last pass. */
  resolve(encoder: GPUCommandEncoder): void {
    const { count } = this.#querySet
    encoder.resolveQuerySet(this.#querySet, 0, count, this.#resolved, 0)
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readback, 0, count * TIMESTAMP_BYTES)
  }

  /** The time of each pass, in milliseconds. */
  async read(): Promise<number[]> {
    const { count } = this.#querySet
    const bytes = await this.#gpu.read(this.#readback, count * TIMESTAMP_BYTES)
    const times = new BigUint64Array(bytes.buffer)
    return Array.from({ length: count / 2 }, (_, i) => Number(times[2 * i + 1] - times[2 * i]) / 1e6)
  }

  destroy(): void {
    for (const buffer of [this.#resolved, this.#readback]) this.#gpu.release(buffer)
    this.#querySet.destroy()
  }
}
