// The parameters of a network in training: buffers of one layout for their values, gradients and velocities, for the sums of
// gradients where a batch comes in parts, and for what else an optimiser keeps of each parameter.

import { UserError } from '../../errors.ts'
import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Range } from '../../gpu/launch.ts'
import { bytesBefore, cutParameter, valuesOf, wholeParameter } from '../ir/parameter_rows.ts'
import type { Parameter } from '../ir/tensor.ts'
import type { PlanLimits } from '../plan/limits.ts'
import { type Place as BufferPlace, spread } from './allocate_together.ts'

/** Parameters that lie next to each other, learn alike and can be bound at once, in bytes. */
export interface Section {
  /** The index of the buffer, among those of the values, of the gradients and so on. */
  buffer: number
  offset: number
  size: number
  /** Factor on the learning rate. */
  rate: number
  /** Factor on the weight decay. */
  decay: number
}

interface Place extends BufferPlace {
  /** Some rows of one that is too large to be bound. */
  parameter: Parameter
  learns: boolean
}

/** As many buffers of each kind as the GPU's limits ask for, with the same places in all kinds. */
interface Buffers {
  values: GPUBuffer[]
  gradients: GPUBuffer[]
  velocities: GPUBuffer[]
  squares?: GPUBuffer[]
  averages?: GPUBuffer[]
  sums?: GPUBuffer[]
}

/** A range of each kind of buffer. */
type Ranges = { [Kind in keyof Buffers]: Range }

export interface ArenaOptions {
  /** Each parameter's factor on the learning rate, 0 for one that does not learn. */
  rateOf: (parameter: Parameter) => number
  /** Each parameter's factor on the weight decay. Default: 1. */
  decayOf?: (parameter: Parameter) => number
  /** The first values by name, in PyTorch's layout. */
  host: ReadonlyMap<string, Float32Array>
  /** As `readVelocities` gave them, to go on where training stopped. Default: zero. */
  velocities?: ReadonlyMap<string, Float32Array>
  /** The mean squares of gradients, for AdamW. Those that the map does not have are zero. Default: none are kept. */
  squares?: ReadonlyMap<string, Float32Array>
  /** The averages of the values, of each parameter. Default: none are kept. */
  averages?: ReadonlyMap<string, Float32Array>
  /** Whether gradients are summed over several runs, which takes a buffer more. */
  sums?: boolean
}

export class ParameterArena {
  readonly #gpu: Gpu
  readonly #places: Map<string, Place>
  readonly #buffers: Buffers
  /** All that learns. */
  readonly sections: Section[]
  /** All parameters: running statistics lie behind those that learn. */
  readonly allSections: Section[]

  static async create(gpu: Gpu, parameters: Parameter[], options: ArenaOptions): Promise<ParameterArena> {
    const { host, velocities, squares, averages } = options
    const rateOf = (parameter: Parameter) => options.rateOf(wholeParameter(parameter))
    const decayOf = (parameter: Parameter) => options.decayOf?.(wholeParameter(parameter)) ?? 1
    const bindable = parameters.flatMap(parameter => cutParameter(parameter, gpu.limits))
    const alike = bindable.sort((a, b) => rateOf(b) - rateOf(a) || decayOf(b) - decayOf(a))
    const { places, sections, bufferBytes } = layOut(alike, { rateOf, decayOf, limits: gpu.limits })
    const buffers = await allocate(gpu, bufferBytes, options)
    const write = (into: GPUBuffer[], { buffer, offset }: Place, data: Float32Array) =>
      gpu.device.queue.writeBuffer(into[buffer], offset, data as BufferSource)
    for (const place of places) {
      write(buffers.values, place, valuesOf(place.parameter, host))
      if (averages) write(buffers.averages!, place, valuesOf(place.parameter, averages))
      if (velocities && place.learns) write(buffers.velocities, place, valuesOf(place.parameter, velocities))
      const isKept = squares?.has(wholeParameter(place.parameter).name)
      if (isKept) write(buffers.squares!, place, valuesOf(place.parameter, squares!))
    }
    return new ParameterArena(gpu, { places, sections, buffers })
  }

  private constructor(gpu: Gpu, parts: { places: Place[]; sections: Section[]; buffers: Buffers }) {
    this.#gpu = gpu
    this.#places = new Map(parts.places.map(place => [place.parameter.name, place]))
    this.#buffers = parts.buffers
    this.allSections = parts.sections
    this.sections = parts.sections.filter(({ rate }) => rate > 0)
  }

  value(parameter: Parameter): Range {
    return rangeIn(this.#buffers.values, this.#place(parameter))
  }

  gradient(parameter: Parameter): Range {
    return rangeIn(this.#buffers.gradients, this.#place(parameter))
  }

  /** A section of the buffers of each kind. */
  section(section: Section): Ranges {
    const kinds = Object.entries(this.#buffers as Required<Buffers>)
    return Object.fromEntries(kinds.map(([kind, buffers]) => [kind, rangeIn(buffers, section)])) as Ranges
  }

  /** Sets the sums to zero, for the runs that are submitted from now on. */
  clearSums(): void {
    const { sums } = this.#buffers
    if (!sums) return
    this.#gpu.submit('clear sums', encoder => {
      for (const buffer of sums) encoder.clearBuffer(buffer)
    })
  }

  /**
   * Sets the values of all parameters by name, in PyTorch's layout, as at the start of training: the averages are the values, and what
   * an optimiser keeps besides is zero. For what is submitted from now on.
   */
  restart(values: ReadonlyMap<string, Float32Array>): void {
    const { averages, velocities, squares = [] } = this.#buffers
    for (const { parameter, buffer, offset } of this.#places.values())
      for (const buffers of averages ? [this.#buffers.values, averages] : [this.#buffers.values]) {
        const value = valuesOf(parameter, values)
        this.#gpu.device.queue.writeBuffer(buffers[buffer], offset, value as BufferSource)
      }
    this.#gpu.submit('clear velocities', encoder => {
      for (const buffer of [...velocities, ...squares]) encoder.clearBuffer(buffer)
    })
  }

  /** The values as they are now, by name, in PyTorch's layout. */
  read(): Promise<Map<string, Float32Array>> {
    return this.#read(this.#buffers.values, [...this.#places.values()])
  }

  /** The velocity of each parameter that learns, likewise. */
  readVelocities(): Promise<Map<string, Float32Array>> {
    return this.#read(this.#buffers.velocities, this.#learning())
  }

  /** The mean squares of the gradients, likewise; undefined where none are kept. */
  async readSquares(): Promise<Map<string, Float32Array> | undefined> {
    const { squares } = this.#buffers
    return squares && this.#read(squares, this.#learning())
  }

  get hasAverages(): boolean {
    return this.#buffers.averages !== undefined
  }

  /** The averages of all values; undefined where none are kept. */
  async readAverages(): Promise<Map<string, Float32Array> | undefined> {
    const { averages } = this.#buffers
    return averages && this.#read(averages, [...this.#places.values()])
  }

  /**
   * The gradients of the last step by name, of each parameter that learns, in PyTorch's layout: where a batch came in parts, the mean
   * over these.
   */
  readGradients(): Promise<Map<string, Float32Array>> {
    const { sums, gradients } = this.#buffers
    return this.#read(sums ?? gradients, this.#learning())
  }

  destroy(): void {
    for (const buffer of Object.values(this.#buffers).flat()) this.#gpu.release(buffer)
  }

  async #read(from: GPUBuffer[], places: Place[]): Promise<Map<string, Float32Array>> {
    const read = new Map<string, Float32Array>()
    for (const [i, source] of from.entries()) {
      const { buffer } = await this.#gpu.download(source, source.size)
      for (const { parameter, offset, size } of places.filter(place => place.buffer === i)) {
        const { name, shape } = wholeParameter(parameter)
        const whole = read.get(name) ?? new Float32Array(shape.reduce((a, b) => a * b))
        whole.set(new Float32Array(buffer, offset, size / 4), bytesBefore(parameter) / 4)
        read.set(name, whole)
      }
    }
    return read
  }

  #learning(): Place[] {
    return [...this.#places.values()].filter(({ learns }) => learns)
  }

  /** A parameter's place, or that of some rows of a parameter which the arena has whole. */
  #place(parameter: Parameter): BufferPlace {
    const place = this.#places.get(parameter.name)
    if (place) return place
    const whole = this.#places.get(wholeParameter(parameter).name)
    if (!whole)
      throw new UserError(`${parameter.name} is larger than this GPU binds at once: take another GPU`)
    const size = 4 * parameter.shape.reduce((a, b) => a * b)
    return { ...whole, offset: whole.offset + bytesBefore(parameter), size }
  }
}

const rangeIn = (buffers: GPUBuffer[], { buffer, offset, size }: BufferPlace): Range => ({
  buffer: buffers[buffer],
  offset,
  size,
})

const LABELS = {
  values: 'parameters',
  gradients: 'gradients',
  velocities: 'velocities',
  squares: 'squares of gradients',
  averages: 'averages of parameters',
  sums: 'sums of gradients',
} satisfies Record<keyof Buffers, string>

async function allocate(
  gpu: Gpu,
  bufferBytes: number[],
  { squares, averages, sums }: Pick<ArenaOptions, 'squares' | 'averages' | 'sums'>,
): Promise<Buffers> {
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const isWanted = { values: true, gradients: true, velocities: true, squares, averages, sums }
  const kinds = (Object.keys(LABELS) as (keyof Buffers)[]).filter(kind => isWanted[kind])
  const wanted = kinds.flatMap(kind => bufferBytes.map(size => ({ label: LABELS[kind], size, flags })))
  const buffers = await gpu.allocateAll(wanted)
  const made = kinds.map(kind => [kind, buffers.splice(0, bufferBytes.length)])
  return Object.fromEntries(made)
}

interface LayoutOptions extends Required<Pick<ArenaOptions, 'rateOf' | 'decayOf'>> {
  limits: PlanLimits
}

function layOut(parameters: Parameter[], { rateOf, decayOf, limits }: LayoutOptions) {
  const wanted = parameters.map(({ name, shape }) => ({ name, size: shape.reduce((a, b) => a * b) * 4 }))
  const spreadOut = spread(wanted, limits)
  const sections: Section[] = []
  const places = spreadOut.places.map((place, i) => {
    const [rate, decay] = [rateOf(parameters[i]), decayOf(parameters[i])]
    const { buffer, offset } = place
    const next = spreadOut.places[i + 1]
    const end = next?.buffer === buffer ? next.offset : spreadOut.bufferBytes[buffer]
    const section = sections.at(-1)
    const isAlike = section?.rate === rate && section.decay === decay && section.buffer === buffer
    if (section && isAlike && end - section.offset <= limits.maxStorageBufferBindingSize)
      section.size = end - section.offset
    else sections.push({ buffer, offset, size: end - offset, rate, decay })
    return { ...place, parameter: parameters[i], learns: rate > 0 }
  })
  return { places, sections, bufferBytes: spreadOut.bufferBytes }
}
