// A model's weights while it learns: packed for the convolutions at the start of every step, updated at its end. In between
// they may see a batch as a whole or in micro-batches.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch } from '../../gpu/launch.ts'
import { accumulateGradients } from '../../kernels/training/accumulate_gradients.ts'
import { sgd } from '../../kernels/training/sgd.ts'
import { LiveWeights } from './live_weights.ts'
import type { ParameterArena } from './parameter_arena.ts'

/** Stochastic gradient descent as in PyTorch. */
export interface Optimiser {
  momentum: number
  weightDecay: number
  /** Runs whose gradients are averaged for an update; of more than one, the arena has to have sums. Default: 1. */
  microBatches?: number
  /** Whether each run has a weight of its own, set by `weigh`. The arena has to have sums. Default: each has the same. */
  weighted?: boolean
}

export class TrainingWeights extends LiveWeights {
  readonly #optimiser: Optimiser
  readonly #learningRate: GPUBuffer
  readonly #weight: GPUBuffer

  static async create(gpu: Gpu, arena: ParameterArena, optimiser: Optimiser): Promise<TrainingWeights> {
    const flags = usage.storage | usage.copyDestination
    const [learningRate, weight] = await gpu.allocateAll([
      { label: 'learning rate', size: 16, flags },
      { label: 'weight of a micro-batch', size: 16, flags },
    ])
    return new TrainingWeights(gpu, { arena, optimiser, learningRate, weight })
  }

  private constructor(
    gpu: Gpu,
    parts: { arena: ParameterArena; optimiser: Optimiser; learningRate: GPUBuffer; weight: GPUBuffer },
  ) {
    super(gpu, parts.arena)
    this.#optimiser = parts.optimiser
    this.#learningRate = parts.learningRate
    this.#weight = parts.weight
  }

  /** For the step that is submitted from now on, in one run or in several. */
  begin(learningRate: number): void {
    this.gpu.device.queue.writeBuffer(this.#learningRate, 0, new Float32Array([learningRate]))
    this.arena.clearSums()
  }

  /** Sets the weight, beside the others of its batch, of the micro-batch that is submitted next. */
  weigh(weight: number): void {
    this.gpu.device.queue.writeBuffer(this.#weight, 0, Float32Array.of(weight))
  }

  /** Adds what a micro-batch has to say to the gradients of its batch. */
  override each(): Launch[] {
    const { microBatches = 1, weighted = false } = this.#optimiser
    const weight = { buffer: this.#weight, offset: 0, size: 16 }
    return this.#sections().flatMap(({ gradients, sums, count }, i) => {
      const options = { label: `accumulate ${i}`, count, share: 1 / microBatches, weighted }
      const ranges = { gradients, ...(weighted && { weight }) }
      return sums ? [{ kernel: accumulateGradients(options), ranges: { ...ranges, sums } }] : []
    })
  }

  /** Moves every parameter along its gradient. */
  override after(): Launch[] {
    const { momentum, weightDecay } = this.#optimiser
    return this.#sections().map(({ values, gradients, sums, velocities, rate, decay, count }, i) => ({
      kernel: sgd({ label: `sgd ${i}`, count, multiplier: rate, momentum, weightDecay: decay * weightDecay }),
      ranges: {
        parameters: values,
        gradients: sums ?? gradients,
        velocities,
        learning_rate: { buffer: this.#learningRate, offset: 0, size: 16 },
      },
    }))
  }

  override destroy(): void {
    super.destroy()
    for (const buffer of [this.#learningRate, this.#weight]) this.gpu.release(buffer)
  }

  #sections() {
    return this.arena.sections.map(section => ({
      ...this.arena.section(section),
      rate: section.rate,
      decay: section.decay,
      count: section.size / 4,
    }))
  }
}
