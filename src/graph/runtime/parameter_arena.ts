// The parameters of a network in training: buffers of one layout for their values, gradients and velocities, and for the sums
// of gradients where a batch comes in parts.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Range } from '../../gpu/program.ts'
import type { Parameter } from '../ir/tensor.ts'

/** Parameters that lie next to each other, learn alike and can be bound at once, in bytes. */
export interface Section {
  offset: number
  size: number
  /** Factor on the learning rate. */
  rate: number
  /** Factor on the weight decay. */
  decay: number
}

interface Place {
  parameter: Parameter
  offset: number
  size: number
  learns: boolean
}

export interface ArenaOptions {
  /** Each parameter's factor on the learning rate, 0 for one that does not learn. */
  rateOf: (parameter: Parameter) => number
  /** Each parameter's factor on the weight decay. Default: 1. */
  decayOf?: (parameter: Parameter) => number
  /** The first values by name, in PyTorch's layout. */
  host: ReadonlyMap<string, Float32Array>
  /** As `readVelocities` gave them, to go on where training stopped. Default: zero. */
  velocities?: ReadonlyMap<string, Float32Array>
  /** Whether gradients are summed over several runs, which takes a buffer more. */
  sums?: boolean
}

export class ParameterArena {
  readonly #gpu: Gpu
  readonly #places: Map<string, Place>
  readonly #values: GPUBuffer
  readonly #gradients: GPUBuffer
  readonly #velocities: GPUBuffer
  readonly #sums: GPUBuffer | undefined
  /** All that learns; running statistics lie behind them and do not. */
  readonly sections: Section[]

  static async create(gpu: Gpu, parameters: Parameter[], options: ArenaOptions): Promise<ParameterArena> {
    const { rateOf, decayOf = () => 1, host, velocities: before } = options
    const alike = [...parameters].sort((a, b) => rateOf(b) - rateOf(a) || decayOf(b) - decayOf(a))
    const { places, sections, bytes } = layOut(alike, {
      rateOf,
      decayOf,
      alignment: gpu.limits.minStorageBufferOffsetAlignment,
      largest: gpu.limits.maxStorageBufferBindingSize,
    })
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const labels = ['parameters', 'gradients', 'velocities', ...(options.sums ? ['sums of gradients'] : [])]
    const [values, gradients, velocities, sums] = await gpu.allocateAll(
      labels.map(label => ({ label, size: bytes, flags })),
    )
    const write = (buffer: GPUBuffer, offset: number, data: Float32Array) =>
      gpu.device.queue.writeBuffer(buffer, offset, data as BufferSource)
    for (const { parameter, offset, learns } of places) {
      write(values, offset, host.get(parameter.name)!)
      if (before && learns) write(velocities, offset, before.get(parameter.name)!)
    }
    return new ParameterArena(gpu, { places, sections, values, gradients, velocities, sums })
  }

  private constructor(
    gpu: Gpu,
    parts: {
      places: Place[]
      sections: Section[]
      values: GPUBuffer
      gradients: GPUBuffer
      velocities: GPUBuffer
      sums?: GPUBuffer
    },
  ) {
    this.#gpu = gpu
    this.#places = new Map(parts.places.map(place => [place.parameter.name, place]))
    this.#values = parts.values
    this.#gradients = parts.gradients
    this.#velocities = parts.velocities
    this.#sums = parts.sums
    this.sections = parts.sections
  }

  value(parameter: Parameter): Range {
    return { buffer: this.#values, ...this.#place(parameter) }
  }

  gradient(parameter: Parameter): Range {
    return { buffer: this.#gradients, ...this.#place(parameter) }
  }

  /** A section of all buffers. */
  section({ offset, size }: Section): { values: Range; gradients: Range; velocities: Range; sums?: Range } {
    return {
      values: { buffer: this.#values, offset, size },
      gradients: { buffer: this.#gradients, offset, size },
      velocities: { buffer: this.#velocities, offset, size },
      sums: this.#sums && { buffer: this.#sums, offset, size },
    }
  }

  /** Sets the sums to zero, for the runs that are submitted from now on. */
  clearSums(): void {
    const sums = this.#sums
    if (sums) this.#gpu.submit('clear sums', encoder => encoder.clearBuffer(sums))
  }

  /** The values as they are now, by name, in PyTorch's layout. */
  read(): Promise<Map<string, Float32Array>> {
    return this.#read(this.#values, [...this.#places.values()])
  }

  /** What momentum remembers of each parameter that learns, likewise. */
  readVelocities(): Promise<Map<string, Float32Array>> {
    return this.#read(this.#velocities, this.#learning())
  }

  /**
   * The gradients of the last step by name, of each parameter that learns, in PyTorch's layout: where a batch came in parts, the mean
   * over these.
   */
  readGradients(): Promise<Map<string, Float32Array>> {
    return this.#read(this.#sums ?? this.#gradients, this.#learning())
  }

  destroy(): void {
    for (const buffer of [this.#values, this.#gradients, this.#velocities, this.#sums])
      if (buffer) this.#gpu.release(buffer)
  }

  async #read(from: GPUBuffer, places: Place[]): Promise<Map<string, Float32Array>> {
    const { buffer } = await this.#gpu.download(from, from.size)
    const entries = places.map(({ parameter, offset, size }) => {
      return [parameter.name, new Float32Array(buffer.slice(offset, offset + size))] as const
    })
    return new Map(entries)
  }

  #learning(): Place[] {
    return [...this.#places.values()].filter(({ learns }) => learns)
  }

  #place({ name }: Parameter): { offset: number; size: number } {
    const { offset, size } = this.#places.get(name)!
    return { offset, size }
  }
}

interface LayoutOptions extends Required<Pick<ArenaOptions, 'rateOf' | 'decayOf'>> {
  alignment: number
  /** The most that can be bound at once. */
  largest: number
}

function layOut(parameters: Parameter[], { rateOf, decayOf, alignment, largest }: LayoutOptions) {
  const places: Place[] = []
  const sections: Section[] = []
  let bytes = 0
  for (const parameter of parameters) {
    const size = parameter.shape.reduce((a, b) => a * b) * 4
    const padded = Math.ceil(size / alignment) * alignment
    const [rate, decay] = [rateOf(parameter), decayOf(parameter)]
    places.push({ parameter, offset: bytes, size, learns: rate > 0 })
    const section = sections.at(-1)
    const isAlike = section?.rate === rate && section.decay === decay
    if (section && isAlike && section.size + padded <= largest) section.size += padded
    else sections.push({ offset: bytes, size: padded, rate, decay })
    bytes += padded
  }
  return { places, sections: sections.filter(({ rate }) => rate > 0), bytes }
}
