// Computes, once for each photo, what the part that trains reads of it. The layers before that part do not change.

import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import { tensorBytes } from '../graph/ir/tensor_bytes.ts'
import { createPlan } from '../graph/plan/create_plan.ts'
import { Executor } from '../graph/runtime/executor.ts'
import { WeightStore } from '../graph/runtime/weight_store.ts'
import { inputOf, photoSize } from '../inference/photo.ts'
import type { GpuPhoto, Photo, PhotoSize } from '../inference/segmenter.ts'
import { unpadChannels } from '../kernels/layout.ts'
import { type KeptShapes, keepingGraph, type LessonNetwork } from './lesson_graphs.ts'
import type { Said } from './rehearsal.ts'

/** The maps of a photo that the trained part reads, on the GPU. */
export interface KeptPhoto extends KeptShapes {
  /** Each map. */
  buffers: GPUBuffer[]
  /** By the network as the lesson began. */
  said: Said
}

export class PhotoKeeper {
  readonly #gpu: Gpu
  readonly #network: LessonNetwork
  readonly #weights: WeightStore
  /** For the size of the last photo: the frames of a camera all have one size. */
  #last: { size: string; executor: Executor } | undefined

  constructor(gpu: Gpu, network: LessonNetwork, parameters: ReadonlyMap<string, Float32Array>) {
    this.#gpu = gpu
    this.#network = network
    this.#weights = new WeightStore(gpu, parameters)
  }

  /** The buffers are the caller's to release. Throws the signal's reason between two submits. */
  async keep(given: Photo | GpuPhoto, signal?: AbortSignal): Promise<KeptPhoto> {
    const [input, photo] = [inputOf(given, this.#network.preprocessing), photoSize(given)]
    const executor = await this.#executor(photo)
    const { outputs } = executor.plan.graph
    const [probabilities, ...kept] = outputs
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const [map, ...buffers] = await this.#gpu.allocateAll(
      outputs.map(tensor => ({ label: 'kept of a photo', size: tensorBytes(tensor), flags })),
    )
    try {
      const into = Object.fromEntries(outputs.map(({ name }, i) => [name, [map, ...buffers][i]]))
      await executor.runInto(into, { photo: input }, { signal })
      const bytes = await this.#gpu.download(map, tensorBytes(probabilities))
      const shapes = kept.map(({ shape }) => shape)
      return { buffers, shapes, photo, said: saidOf(probabilities, bytes) }
    } catch (error) {
      for (const buffer of buffers) this.#gpu.release(buffer)
      throw error
    } finally {
      this.#gpu.release(map)
    }
  }

  async #executor(photo: PhotoSize): Promise<Executor> {
    const size = `${photo.width}×${photo.height}`
    if (this.#last?.size === size) return this.#last.executor
    const plan = createPlan(keepingGraph(this.#network, photo), { device: this.#gpu })
    await this.#last?.executor.destroy()
    this.#last = undefined
    this.#weights.keepFor([plan])
    const executor = await Executor.create(this.#gpu, plan, this.#weights)
    this.#last = { size, executor }
    return executor
  }

  async destroy(): Promise<void> {
    await this.#last?.executor.destroy()
    this.#weights.destroy()
  }
}

function saidOf({ shape }: Tensor, bytes: Uint8Array): Said {
  const [, height, width, classes] = shape
  const padded = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const ids = Uint8Array.from({ length: classes }, (_, id) => id)
  return { width, height, ids, probabilities: unpadChannels(padded, shape) }
}
