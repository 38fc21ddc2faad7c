// A model's weights while it learns: packed for the convolutions at the start of every step, updated at its end. In between
// they may see a batch as a whole or in micro-batches.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch, Range } from '../../gpu/program.ts'
import { accumulateGradients } from '../../kernels/accumulate_gradients.ts'
import { sgd } from '../../kernels/sgd.ts'
import type { Parameter } from '../ir/tensor.ts'
import {
  type FoldedOutput,
  type FoldedWeights,
  foldedBytes,
  foldingLaunches,
} from '../lower/folded_weights.ts'
import type { Plan } from '../plan/plan.ts'
import { allocateTogether } from './allocate_together.ts'
import type { WeightSource } from './executor.ts'
import type { ParameterArena } from './parameter_arena.ts'

/** Stochastic gradient descent as in PyTorch. */
export interface Optimiser {
  momentum: number
  weightDecay: number
  /** Runs whose gradients are averaged for an update; of more than one, the arena has to have sums. Default: 1. */
  microBatches?: number
}

export class TrainingWeights implements WeightSource {
  readonly #gpu: Gpu
  readonly #parameters: ParameterArena
  readonly #optimiser: Optimiser
  readonly #learningRate: GPUBuffer
  readonly #folded = new Map<string, Record<FoldedOutput, Range>>()
  readonly #buffers: GPUBuffer[] = []
  #packing: Launch[] = []

  static async create(gpu: Gpu, parameters: ParameterArena, optimiser: Optimiser): Promise<TrainingWeights> {
    const learningRate = await gpu.allocate('learning rate', 16, usage.storage | usage.copyDestination)
    return new TrainingWeights(gpu, { parameters, optimiser, learningRate })
  }

  private constructor(
    gpu: Gpu,
    parts: { parameters: ParameterArena; optimiser: Optimiser; learningRate: GPUBuffer },
  ) {
    this.#gpu = gpu
    this.#parameters = parts.parameters
    this.#optimiser = parts.optimiser
    this.#learningRate = parts.learningRate
  }

  /** For the step that is submitted from now on, in one run or in several. */
  begin(learningRate: number): void {
    this.#gpu.device.queue.writeBuffer(this.#learningRate, 0, new Float32Array([learningRate]))
    this.#parameters.clearSums()
  }

  /** Makes room for the packed weights of a plan. */
  async upload({ folded }: Plan): Promise<void> {
    const packed = await this.#allocate('packed weights', folded, 'packed')
    const biases = await this.#allocate('packed biases', folded, 'packed_bias')
    this.#packing = folded.flatMap((weights, i) => {
      const outputs = { packed: packed[i], packed_bias: biases[i] }
      this.#folded.set(weights.key, outputs)
      return foldingLaunches(weights, { outputs, parameter: of => this.parameter(of) })
    })
  }

  folded({ key }: FoldedWeights, part: FoldedOutput): Range {
    return this.#folded.get(key)![part]
  }

  parameter(parameter: Parameter): Range {
    return this.#parameters.value(parameter)
  }

  gradient(parameter: Parameter): Range {
    return this.#parameters.gradient(parameter)
  }

  /** Packs the weights as they are now. */
  before(): Launch[] {
    return this.#packing
  }

  /** Adds what a micro-batch has to say to the gradients of its batch. */
  each(): Launch[] {
    const { microBatches = 1 } = this.#optimiser
    return this.#sections().flatMap(({ gradients, sums, count }, i) => {
      const kernel = accumulateGradients({ label: `accumulate ${i}`, count, share: 1 / microBatches })
      return sums ? [{ kernel, ranges: { gradients, sums } }] : []
    })
  }

  /** Moves every parameter along its gradient. */
  after(): Launch[] {
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

  destroy(): void {
    for (const buffer of [...this.#buffers, this.#learningRate]) this.#gpu.release(buffer)
  }

  #sections() {
    return this.#parameters.sections.map(section => ({
      ...this.#parameters.section(section),
      rate: section.rate,
      decay: section.decay,
      count: section.size / 4,
    }))
  }

  async #allocate(label: string, folded: FoldedWeights[], part: FoldedOutput): Promise<Range[]> {
    const wanted = folded.map(weights => ({ name: weights.key, size: foldedBytes(weights, part) }))
    const flags = usage.storage | usage.copySource
    const { ranges, buffers } = await allocateTogether(this.#gpu, label, { wanted, flags })
    this.#buffers.push(...buffers)
    return ranges
  }
}
