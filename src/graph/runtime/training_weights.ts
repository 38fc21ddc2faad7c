// A model's weights while it learns: packed for the convolutions at the start of every step, updated at its end. In between
// they may see a batch as a whole or in micro-batches.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch } from '../../gpu/launch.ts'
import { accumulateGradients } from '../../kernels/training/accumulate_gradients.ts'
import { sgd } from '../../kernels/training/sgd.ts'
import { LiveWeights } from './live_weights.ts'
import type { ParameterArena } from './parameter_arena.ts'

/** Room for the numbers of a step. */
const STEP_BYTES = 16

/** How parameters follow their gradients. */
export interface Optimiser {
  /** Stochastic gradient descent as in PyTorch, or AdamW, for which the arena has to have squares. Default: sgd. */
  optimizer?: 'sgd' | 'adamw'
  /** For AdamW the first of PyTorch's betas; the second is 0.999. */
  momentum: number
  weightDecay: number
  /** Runs whose gradients are averaged for an update; of more than one, the arena has to have sums. Default: 1. */
  microBatches?: number
  /** Whether each run has a weight of its own, set by `weigh`. The arena has to have sums. Default: each has the same. */
  weighted?: boolean
  /** The decay of the averages of an arena that has them. Default: 0, which makes them the newest values. */
  averageDecay?: number
}

/** The numbers of a step or a micro-batch that kernels read. */
interface StepBuffers {
  learningRate: GPUBuffer
  averageShare: GPUBuffer
  weight: GPUBuffer
}

/** The kernels that plain stochastic gradient descent does without. */
type FurtherUpdates = typeof import('../../kernels/training/further_updates.ts')

export class TrainingWeights extends LiveWeights {
  readonly #optimiser: Optimiser
  readonly #step: StepBuffers
  /** Loaded only for a run that has AdamW or averages. */
  readonly #further: FurtherUpdates | undefined

  static async create(gpu: Gpu, arena: ParameterArena, optimiser: Optimiser): Promise<TrainingWeights> {
    const hasFurther = optimiser.optimizer === 'adamw' || arena.hasAverages
    const further = hasFurther ? await import('../../kernels/training/further_updates.ts') : undefined
    const flags = usage.storage | usage.copyDestination
    const [learningRate, averageShare, weight] = await gpu.allocateAll([
      { label: 'learning rate', size: STEP_BYTES, flags },
      { label: 'share of averages', size: STEP_BYTES, flags },
      { label: 'weight of a micro-batch', size: STEP_BYTES, flags },
    ])
    const step = { learningRate, averageShare, weight }
    return new TrainingWeights(gpu, { arena, optimiser, step, further })
  }

  private constructor(
    gpu: Gpu,
    parts: { arena: ParameterArena; optimiser: Optimiser; step: StepBuffers; further?: FurtherUpdates },
  ) {
    super(gpu, parts.arena)
    this.#further = parts.further
    this.#optimiser = parts.optimiser
    this.#step = parts.step
  }

  /** For the step that is submitted from now on, in one run or in several. `updates`: the number of updates before it. */
  begin(learningRate: number, updates = 0): void {
    const { optimizer, momentum, averageDecay = 0 } = this.#optimiser
    const { queue } = this.gpu.device
    const step = updates + 1
    const rate =
      optimizer === 'adamw'
        ? this.#further!.adamwStep(step, { learningRate, momentum })
        : Float32Array.of(learningRate)
    queue.writeBuffer(this.#step.learningRate, 0, rate)
    if (this.#further) {
      const share = this.#further.averageShare(step, averageDecay)
      queue.writeBuffer(this.#step.averageShare, 0, Float32Array.of(share))
    }
    this.arena.clearSums()
  }

  /** Sets the weight, beside the others of its batch, of the micro-batch that is submitted next. */
  weigh(weight: number): void {
    this.gpu.device.queue.writeBuffer(this.#step.weight, 0, Float32Array.of(weight))
  }

  /** Adds what a micro-batch has to say to the gradients of its batch. */
  override each(): Launch[] {
    const { microBatches = 1, weighted = false } = this.#optimiser
    const weight = { buffer: this.#step.weight, offset: 0, size: STEP_BYTES }
    return this.#sections().flatMap(({ gradients, sums, count }, i) => {
      const options = { label: `accumulate ${i}`, count, share: 1 / microBatches, weighted }
      const ranges = { gradients, ...(weighted && { weight }) }
      return sums ? [{ kernel: accumulateGradients(options), ranges: { ...ranges, sums } }] : []
    })
  }

  /** Moves every parameter along its gradient, and every average towards its parameter. */
  override after(): Launch[] {
    return [...this.#updates(), ...this.#averages()]
  }

  override destroy(): void {
    super.destroy()
    for (const buffer of Object.values(this.#step)) this.gpu.release(buffer)
  }

  #updates(): Launch[] {
    const { optimizer = 'sgd', momentum, weightDecay } = this.#optimiser
    return this.#sections().map(({ values, gradients, sums, velocities, squares, rate, decay, count }, i) => {
      const label = `${optimizer} ${i}`
      const options = { label, count, multiplier: rate, momentum, weightDecay: decay * weightDecay }
      const step = { buffer: this.#step.learningRate, offset: 0, size: STEP_BYTES }
      const ranges = { parameters: values, gradients: sums ?? gradients, velocities }
      return optimizer === 'adamw'
        ? { kernel: this.#further!.adamw(options), ranges: { ...ranges, squares: squares!, step } }
        : { kernel: sgd(options), ranges: { ...ranges, learning_rate: step } }
    })
  }

  #averages(): Launch[] {
    const share = { buffer: this.#step.averageShare, offset: 0, size: STEP_BYTES }
    return this.arena.allSections.flatMap((section, i) => {
      const { values: parameters, averages } = this.arena.section(section)
      if (!averages) return []
      const kernel = this.#further!.averageParameters({ label: `average ${i}`, count: section.size / 4 })
      return [{ kernel, ranges: { parameters, averages, share } }]
    })
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
