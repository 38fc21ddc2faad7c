// A model's weights: on the host as the checkpoint has them, on the GPU in the forms that plans ask for.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch, Range } from '../../gpu/launch.ts'
import { Program } from '../../gpu/program.ts'
import { valuesOf } from '../ir/parameter_rows.ts'
import type { Parameter } from '../ir/tensor.ts'
import {
  foldingLaunches,
  type PackedOutput,
  type PackedWeights,
  packedBytes,
} from '../lower/packed_weights.ts'
import { allocateTogether } from './allocate_together.ts'
import type { WeightSource } from './executor.ts'

/** Weights that were made together, and are freed together. */
interface Group {
  keys: string[]
  buffers: GPUBuffer[]
}

/** Folding reads parameters from buffers of about this size, so that a large model is not on the GPU twice. */
const STAGING_BYTES = 64 * 2 ** 20

export class WeightStore implements WeightSource {
  readonly #gpu: Gpu
  readonly #host: ReadonlyMap<string, Float32Array>
  readonly #folded = new Map<string, Record<PackedOutput, Range>>()
  readonly #plain = new Map<string, Range>()
  #groups: Group[] = []
  readonly #plainBuffers: GPUBuffer[] = []

  /** `host` holds every parameter by name, in its checkpoint's layout. */
  constructor(gpu: Gpu, host: ReadonlyMap<string, Float32Array>) {
    this.#gpu = gpu
    this.#host = host
  }

  /** Uploads what a plan needs and is not on the GPU yet. */
  async upload({ folded, parameters }: { folded: PackedWeights[]; parameters: Parameter[] }): Promise<void> {
    const missing = folded.filter(({ key }) => !this.#folded.has(key))
    for (const group of groupsOf(missing)) await this.#fold(group)
    const unread = parameters.filter(({ name }) => !this.#plain.has(name))
    const { ranges, buffers } = await this.#stage('parameters', unread)
    this.#plainBuffers.push(...buffers)
    unread.forEach(({ name }, i) => {
      this.#plain.set(name, ranges[i])
    })
  }

  /** Frees forms that none of these plans reads; of those that were made together, all or none. */
  keepFor(plans: readonly { folded: readonly PackedWeights[] }[]): void {
    const read = new Set(plans.flatMap(({ folded }) => folded.map(({ key }) => key)))
    const isRead = ({ keys }: Group) => keys.some(key => read.has(key))
    for (const { keys, buffers } of this.#groups.filter(group => !isRead(group))) {
      for (const key of keys) this.#folded.delete(key)
      for (const buffer of buffers) this.#gpu.release(buffer)
    }
    this.#groups = this.#groups.filter(isRead)
  }

  folded({ key }: PackedWeights, part: PackedOutput): Range {
    return this.#folded.get(key)![part]
  }

  parameter({ name }: Parameter): Range {
    return this.#plain.get(name)!
  }

  gradient({ name }: Parameter): Range {
    throw new Error(`${name}: there are no gradients outside training`)
  }

  /** Weights that are uploaded are folded once and for all: a run has nothing to do before its steps or after them. */
  before(): Launch[] {
    return []
  }

  each(): Launch[] {
    return []
  }

  after(): Launch[] {
    return []
  }

  destroy(): void {
    const folded = this.#groups.flatMap(({ buffers }) => buffers)
    for (const buffer of [...folded, ...this.#plainBuffers]) this.#gpu.release(buffer)
  }

  /** Biases have a buffer of their own: kernels write-bind them beside activations, and weights they only read. */
  async #fold(all: PackedWeights[]): Promise<void> {
    const parameters = all.flatMap(({ parts }) => parts.flatMap(part => Object.values(part.parameters)))
    const staged = await this.#stage('weights as loaded', parameters)
    const places = new Map(parameters.map(({ name }, i) => [name, staged.ranges[i]]))
    const group: Group = { keys: all.map(({ key }) => key), buffers: [] }
    this.#groups.push(group)
    const weights = await this.#room('weights', { all, part: 'packed', group })
    const biases = await this.#room('biases', { all, part: 'packed_bias', group })
    const kept = all.map((_, i) => ({ packed: weights[i], packed_bias: biases[i] }))
    const launches = all.flatMap((weights, i) =>
      foldingLaunches(weights, { outputs: kept[i], parameter: ({ name }) => places.get(name)! }),
    )
    const program = await Program.create(this.#gpu, 'fold', launches)
    await program.run()
    program.destroy()
    for (const buffer of staged.buffers) this.#gpu.release(buffer)
    all.forEach(({ key }, i) => {
      this.#folded.set(key, kept[i])
    })
  }

  async #room(
    label: string,
    { all, part, group }: { all: PackedWeights[]; part: PackedOutput; group: Group },
  ): Promise<Range[]> {
    const wanted = all.map(weights => ({ name: weights.key, size: packedBytes(weights, part) }))
    const flags = usage.storage | usage.copySource
    const { ranges, buffers } = await allocateTogether(this.#gpu, label, { wanted, flags })
    group.buffers.push(...buffers)
    return ranges
  }

  async #stage(label: string, parameters: Parameter[]) {
    const values = parameters.map(parameter => valuesOf(parameter, this.#host))
    const wanted = parameters.map(({ name }, i) => ({ name, size: values[i].byteLength }))
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const staged = await allocateTogether(this.#gpu, label, { wanted, flags })
    values.forEach((value, i) => {
      const { buffer, offset } = staged.ranges[i]
      this.#gpu.device.queue.writeBuffer(buffer, offset, value as BufferSource)
    })
    return staged
  }
}

function groupsOf(all: PackedWeights[]): PackedWeights[][] {
  const groups: PackedWeights[][] = []
  let bytes = Infinity
  for (const weights of all) {
    const size = weights.parts.reduce((sum, { kernel }) => sum + kernel.inputs.weight, 0)
    if (bytes + size > STAGING_BYTES) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(weights)
    bytes += size
  }
  return groups
}
