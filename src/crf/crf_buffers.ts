// The GPU's memory and runs of one refinement.

import { UserError } from '../errors.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Kernel } from '../gpu/kernel.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { Program } from '../gpu/program.ts'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'

const FLAGS = usage.storage | usage.copySource | usage.copyDestination

/** The buffers of one refinement. Those that are not released on the way are released together. */
export class CrfBuffers {
  readonly gpu: Gpu
  readonly #live = new Set<GPUBuffer>()

  constructor(gpu: Gpu) {
    this.gpu = gpu
  }

  /** A new buffer of zeros. Throws a UserError if the GPU cannot bind it or has no room for it. */
  async zeros(label: string, size: number): Promise<Range> {
    const most = this.gpu.limits.maxStorageBufferBindingSize
    if (size > most)
      throw new UserError(
        `crf: ${label} takes ${mebibytes(size)}, and this GPU binds ${mebibytes(most)} at once: take a smaller photo, or the network's size`,
      )
    const buffer = await this.gpu.allocate(`crf ${label}`, size, FLAGS)
    this.#live.add(buffer)
    return { buffer, offset: 0, size }
  }

  /** Several of one size. */
  async several(count: number, label: string, size: number): Promise<Range[]> {
    const ranges: Range[] = []
    for (let i = 0; i < count; i++) ranges.push(await this.zeros(label, size))
    return ranges
  }

  /** A new buffer with the data. */
  async filled(label: string, data: Float32Array | Uint32Array | Uint8Array): Promise<Range> {
    const range = await this.zeros(label, data.byteLength)
    this.gpu.device.queue.writeBuffer(range.buffer, 0, data as BufferSource)
    return range
  }

  release(...ranges: Range[]): void {
    for (const { buffer } of ranges) {
      this.#live.delete(buffer)
      this.gpu.release(buffer)
    }
  }

  releaseAll(): void {
    for (const buffer of this.#live) this.gpu.release(buffer)
    this.#live.clear()
  }
}

export const launch = (kernel: Kernel, ranges: Record<string, Range>): Launch => ({ kernel, ranges })

interface RunLaunchesOptions {
  times?: number
  signal?: AbortSignal
  /** With a signal: called with how many times are done, all but the last one. */
  onTime?: (done: number) => void
}

/**
 * Runs launches once, or several times. Throws the signal's reason between two submits if the signal is aborted. With a signal, each
 * time waits for the one before: otherwise all would be submitted before the signal can end them.
 */
export async function runLaunches(
  gpu: Gpu,
  launches: Launch[],
  { times = 1, signal, onTime }: RunLaunchesOptions = {},
): Promise<void> {
  const program = await Program.create(gpu, 'crf', launches)
  try {
    for (let time = 0; time < times; time++) {
      if (signal && time > 0) {
        await gpu.finish()
        onTime?.(time)
      }
      await program.run({ signal })
    }
  } finally {
    program.destroy()
  }
}
