// A model's weights while it learns: packed for the convolutions at the start of every step, updated at its end.

import { type Gpu, usage } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/program.ts'
import { sgd } from '../kernels/sgd.ts'
import type { WeightSource } from './executor.ts'
import type { FoldedWeights } from './folded_weights.ts'
import type { Parameter } from './graph.ts'
import type { ParameterArena } from './parameter_arena.ts'
import type { Plan } from './plan.ts'
import { allocateTogether } from './weight_store.ts'

/** Stochastic gradient descent as in PyTorch. */
export interface Optimiser {
  momentum: number
  weightDecay: number
}

export class TrainingWeights implements WeightSource {
  readonly #gpu: Gpu
  readonly #parameters: ParameterArena
  readonly #optimiser: Optimiser
  readonly #learningRate: GPUBuffer
  readonly #folded = new Map<string, { packed: Range; packed_bias: Range }>()
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

  /** For the steps that are submitted from now on. */
  set learningRate(rate: number) {
    this.#gpu.device.queue.writeBuffer(this.#learningRate, 0, new Float32Array([rate]))
  }

  /** Makes room for the packed weights of a plan. */
  async upload({ folded }: Plan): Promise<void> {
    const packed = await this.#allocate('packed weights', folded, 'packed')
    const biases = await this.#allocate('packed biases', folded, 'packed_bias')
    this.#packing = folded.map(({ key, kernel, parameters }, i) => {
      const outputs = { packed: packed[i], packed_bias: biases[i] }
      this.#folded.set(key, outputs)
      const inputs = Object.entries(parameters).map(([name, parameter]) => [name, this.parameter(parameter)])
      return { kernel, ranges: { ...Object.fromEntries(inputs), ...outputs } }
    })
  }

  folded({ key }: FoldedWeights, part: 'packed' | 'packed_bias'): Range {
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

  /** Moves every parameter along its gradient. */
  after(): Launch[] {
    const { momentum, weightDecay } = this.#optimiser
    return this.#parameters.sections.map((section, i) => {
      const { values, gradients, velocities } = this.#parameters.section(section)
      const count = section.size / 4
      return {
        kernel: sgd({ label: `sgd ${i}`, count, multiplier: section.rate, momentum, weightDecay }),
        ranges: {
          parameters: values,
          gradients,
          velocities,
          learning_rate: { buffer: this.#learningRate, offset: 0, size: 16 },
        },
      }
    })
  }

  destroy(): void {
    for (const buffer of [...this.#buffers, this.#learningRate]) this.#gpu.release(buffer)
  }

  async #allocate(label: string, folded: FoldedWeights[], part: 'packed' | 'packed_bias'): Promise<Range[]> {
    const sizes = folded.map(({ kernel }) => kernel.outputs[part])
    const ranges = await allocateTogether(this.#gpu, label, { sizes, flags: usage.storage })
    this.#buffers.push(ranges[0].buffer)
    return ranges
  }
}
