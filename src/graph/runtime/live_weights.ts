// The weights of a model that learns, as its arena has them: packed for the convolutions at the start of every run.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch, Range } from '../../gpu/launch.ts'
import type { Parameter } from '../ir/tensor.ts'
import {
  foldingLaunches,
  type PackedOutput,
  type PackedWeights,
  packedBytes,
} from '../lower/packed_weights.ts'
import type { Plan } from '../plan/plan.ts'
import { allocateTogether } from './allocate_together.ts'
import type { WeightSource } from './executor.ts'
import type { ParameterArena } from './parameter_arena.ts'

/** For one executor. `TrainingWeights` adds the update. */
export class LiveWeights implements WeightSource {
  protected readonly gpu: Gpu
  protected readonly arena: ParameterArena
  readonly #folded = new Map<string, Record<PackedOutput, Range>>()
  readonly #buffers: GPUBuffer[] = []
  #packing: Launch[] = []

  constructor(gpu: Gpu, arena: ParameterArena) {
    this.gpu = gpu
    this.arena = arena
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

  folded({ key }: PackedWeights, part: PackedOutput): Range {
    return this.#folded.get(key)![part]
  }

  parameter(parameter: Parameter): Range {
    return this.arena.value(parameter)
  }

  gradient(parameter: Parameter): Range {
    return this.arena.gradient(parameter)
  }

  /** Packs the weights as they are now. */
  before(): Launch[] {
    return this.#packing
  }

  each(): Launch[] {
    return []
  }

  after(): Launch[] {
    return []
  }

  destroy(): void {
    for (const buffer of this.#buffers) this.gpu.release(buffer)
  }

  async #allocate(label: string, folded: PackedWeights[], part: PackedOutput): Promise<Range[]> {
    const wanted = folded.map(weights => ({ name: weights.key, size: packedBytes(weights, part) }))
    const flags = usage.storage | usage.copySource
    const { ranges, buffers } = await allocateTogether(this.gpu, label, { wanted, flags })
    this.#buffers.push(...buffers)
    return ranges
  }
}
