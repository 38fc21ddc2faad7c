// A model's weights: on the host as the checkpoint has them, on the GPU in the forms that plans ask for.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { type Launch, Program, type Range } from '../../gpu/program.ts'
import type { Parameter } from '../ir/tensor.ts'
import {
  type FoldedOutput,
  type FoldedWeights,
  foldedBytes,
  foldingLaunches,
} from '../lower/folded_weights.ts'
import type { WeightSource } from './executor.ts'

/** Folding reads parameters from buffers of about this size, so that a large model is not on the GPU twice. */
const STAGING_BYTES = 64 * 2 ** 20

export class WeightStore implements WeightSource {
  readonly #gpu: Gpu
  readonly #host: ReadonlyMap<string, Float32Array>
  readonly #folded = new Map<string, Record<FoldedOutput, Range>>()
  readonly #plain = new Map<string, Range>()
  readonly #buffers = new Set<GPUBuffer>()

  /** `host` holds every parameter by name, in its checkpoint's layout. */
  constructor(gpu: Gpu, host: ReadonlyMap<string, Float32Array>) {
    this.#gpu = gpu
    this.#host = host
  }

  /** Uploads what a plan needs and is not on the GPU yet. */
  async upload({ folded, parameters }: { folded: FoldedWeights[]; parameters: Parameter[] }): Promise<void> {
    const missing = folded.filter(({ key }) => !this.#folded.has(key))
    for (const group of groupsOf(missing)) await this.#fold(group)
    const unread = parameters.filter(({ name }) => !this.#plain.has(name))
    if (unread.length === 0) return
    const ranges = await this.#stage('parameters', unread)
    this.#buffers.add(ranges[0].buffer)
    unread.forEach(({ name }, i) => {
      this.#plain.set(name, ranges[i])
    })
  }

  /** Frees forms that none of these plans reads; of those that were made together, all or none. */
  keepFor(plans: readonly { folded: readonly FoldedWeights[] }[]): void {
    const read = new Set(plans.flatMap(({ folded }) => folded.map(({ key }) => key)))
    const forms = [...this.#folded]
    const kept = new Set(forms.filter(([key]) => read.has(key)).map(([, { packed }]) => packed.buffer))
    for (const [key, { packed, packed_bias }] of forms) {
      if (kept.has(packed.buffer)) continue
      this.#folded.delete(key)
      for (const { buffer } of [packed, packed_bias])
        if (this.#buffers.delete(buffer)) this.#gpu.release(buffer)
    }
  }

  folded({ key }: FoldedWeights, part: FoldedOutput): Range {
    return this.#folded.get(key)![part]
  }

  parameter({ name }: Parameter): Range {
    return this.#plain.get(name)!
  }

  gradient({ name }: Parameter): Range {
    throw new Error(`${name}: there are no gradients outside training`)
  }

  /** What is uploaded is folded once and for all: a run has nothing to do before its steps or after them. */
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
    for (const buffer of this.#buffers) this.#gpu.release(buffer)
  }

  /** Biases have a buffer of their own: kernels write-bind them beside activations, and weights they only read. */
  async #fold(group: FoldedWeights[]): Promise<void> {
    const parameters = group.flatMap(({ parts }) => parts.flatMap(part => Object.values(part.parameters)))
    const staged = await this.#stage('weights as loaded', parameters)
    const places = new Map(parameters.map(({ name }, i) => [name, staged[i]]))
    const kept = await this.#keep(
      'weights',
      group.map(weights => foldedBytes(weights, 'packed')),
    )
    const biases = await this.#keep(
      'biases',
      group.map(weights => foldedBytes(weights, 'packed_bias')),
    )
    const launches = group.flatMap((weights, i) => {
      const outputs = { packed: kept[i], packed_bias: biases[i] }
      return foldingLaunches(weights, { outputs, parameter: ({ name }) => places.get(name)! })
    })
    const program = await Program.create(this.#gpu, 'fold', launches)
    await program.run()
    program.destroy()
    this.#gpu.release(staged[0].buffer)
    group.forEach(({ key }, i) => {
      this.#folded.set(key, { packed: kept[i], packed_bias: biases[i] })
    })
  }

  async #keep(label: string, sizes: number[]): Promise<Range[]> {
    const flags = usage.storage | usage.copySource
    const ranges = await allocateTogether(this.#gpu, label, { sizes, flags })
    this.#buffers.add(ranges[0].buffer)
    return ranges
  }

  async #stage(label: string, parameters: Parameter[]): Promise<Range[]> {
    const values = parameters.map(({ name }) => this.#host.get(name)!)
    const sizes = values.map(({ byteLength }) => byteLength)
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const ranges = await allocateTogether(this.#gpu, label, { sizes, flags })
    values.forEach((value, i) => {
      this.#gpu.device.queue.writeBuffer(ranges[i].buffer, ranges[i].offset, value as BufferSource)
    })
    return ranges
  }
}

/** One buffer for all, each at an offset at which it may be bound. */
export async function allocateTogether(
  gpu: Gpu,
  label: string,
  { sizes, flags }: { sizes: number[]; flags: number },
): Promise<Range[]> {
  const alignment = gpu.limits.minStorageBufferOffsetAlignment
  let total = 0
  const places = sizes.map(size => {
    const offset = total
    total += Math.ceil(size / alignment) * alignment
    return { offset, size: Math.ceil(size / 4) * 4 }
  })
  const buffer = await gpu.allocate(label, total, flags)
  return places.map(place => ({ buffer, ...place }))
}

function groupsOf(all: FoldedWeights[]): FoldedWeights[][] {
  const groups: FoldedWeights[][] = []
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
