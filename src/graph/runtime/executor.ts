// A plan on a GPU: its arena, its bind groups and its pipelines, made once and run often.

import { Mutex } from '../../concurrency.ts'
import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Launch, Range } from '../../gpu/launch.ts'
import { type KernelTime, Program } from '../../gpu/program.ts'
import { fromFloat16, toFloat16 } from '../../kernels/float16.ts'
import { padChannels, unpadChannels } from '../../kernels/layout.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { tensorBytes } from '../ir/tensor_bytes.ts'
import type { PackedOutput, PackedWeights } from '../lower/packed_weights.ts'
import type { Operand, Step } from '../lower/step.ts'
import type { Plan } from '../plan/plan.ts'

/** Tensors by name: f32 and f16 as dense NHWC of f32, the others as bytes (each image of a class8 padded to a multiple of 4, u32 little-endian). */
export type TensorData = Record<string, Float32Array | Uint8Array>

/**
 * The inputs of a run by name. A buffer is on the same device, allows `COPY_SRC`, and holds the tensor as the GPU stores it: for
 * rgba8, n · h · w · 4 bytes.
 */
export type RunInputs = Record<string, TensorData[string] | GPUBuffer>

/** Where a plan finds its weights: fixed ones, or those of a model that learns. */
export interface WeightSource {
  /** Has all that a plan needs on the GPU, before the others are asked. */
  upload(plan: Plan): Promise<void>
  folded(weights: PackedWeights, part: PackedOutput): Range
  parameter(parameter: Parameter): Range
  gradient(parameter: Parameter): Range
  /** The launches before the plan's steps and after them: `each` always, the others as its `RunOptions` say. */
  before(): Launch[]
  each(): Launch[]
  after(): Launch[]
}

/** Of several runs between which the weights stay as they are (micro-batches), only the first begins and only the last ends. */
export interface RunOptions {
  begins?: boolean
  ends?: boolean
  /**
   * Ends the run between two submits: it throws the signal's reason, and the executor can run again. What changes parameters is
   * done whole or not at all: the signal has no effect once the first such launch of these runs is submitted.
   */
  signal?: AbortSignal
}

export class Executor {
  readonly #gpu: Gpu
  readonly #plan: Plan
  readonly #arena: GPUBuffer[]
  readonly #workspace: GPUBuffer
  readonly #readback: GPUBuffer
  readonly #program: Program
  /** Those of the program's launches that every run does: what the weights do before comes first, what they do after last. */
  readonly #every: { from: number; to: number }
  /** The first launch that changes parameters: a batch norm's running statistics, or the first update at the end. */
  readonly #commits: number
  /** Runs wait for each other: they share the arena. */
  readonly #lock = new Mutex()

  /** Allocates arena and workspace, uploads what weights are missing and compiles the kernels that are new. */
  static async create(gpu: Gpu, plan: Plan, weights: WeightSource): Promise<Executor> {
    const copied = usage.copySource | usage.copyDestination
    const outputBytes = plan.graph.outputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
    const [workspace, readback, ...arena] = await gpu.allocateAll([
      { label: 'workspace', size: plan.workspaceBytes, flags: usage.storage | usage.copySource },
      { label: 'readback', size: outputBytes, flags: usage.mapRead | usage.copyDestination },
      ...plan.arenaBuffers.map(size => ({ label: 'arena', size, flags: usage.storage | copied })),
    ])
    try {
      await weights.upload(plan)
      const launches = plan.steps.map(({ kernel, operands }) => ({
        kernel,
        ranges: Object.fromEntries(
          Object.entries(operands).map(([name, operand]) => [
            name,
            locate(operand, { plan, arena, workspace, weights }),
          ]),
        ),
      }))
      const [before, after] = [weights.before(), weights.after()]
      const all = [...before, ...launches, ...weights.each(), ...after]
      return new Executor(gpu, plan, {
        arena,
        workspace,
        readback,
        program: await Program.create(gpu, 'plan', all),
        every: { from: before.length, to: all.length - after.length },
      })
    } catch (error) {
      for (const buffer of [...arena, workspace, readback]) gpu.release(buffer)
      throw error
    }
  }

  private constructor(
    gpu: Gpu,
    plan: Plan,
    parts: {
      arena: GPUBuffer[]
      workspace: GPUBuffer
      readback: GPUBuffer
      program: Program
      every: { from: number; to: number }
    },
  ) {
    this.#gpu = gpu
    this.#plan = plan
    this.#arena = parts.arena
    this.#workspace = parts.workspace
    this.#readback = parts.readback
    this.#program = parts.program
    this.#every = parts.every
    const change = plan.steps.findIndex(changesParameters)
    this.#commits = change < 0 ? parts.every.to : parts.every.from + change
  }

  get plan(): Plan {
    return this.#plan
  }

  /** Runs the whole plan and reads the graph's outputs back. */
  run(inputs: RunInputs, options: RunOptions = {}): Promise<TensorData> {
    return this.#lock.run(async () => {
      await this.#run(inputs, options, encoder => this.#copyToReadback(encoder))
      return this.#read()
    })
  }

  /**
   * Runs the whole plan and copies outputs, by name, to the beginning of the caller's buffers, which allow `COPY_DST`. Resolves
   * when all is submitted, before the GPU has done it.
   */
  runInto(
    outputs: Readonly<Record<string, GPUBuffer>>,
    inputs: RunInputs,
    options: RunOptions = {},
  ): Promise<void> {
    return this.#lock.run(() =>
      this.#run(inputs, options, encoder => {
        for (const tensor of this.#plan.graph.outputs)
          if (tensor.name in outputs) this.#copyOutput(encoder, tensor, { buffer: outputs[tensor.name] })
      }),
    )
  }

  async #run(
    inputs: RunInputs,
    { begins = true, ends = true, signal }: RunOptions,
    finish: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const hasChanged = !begins && this.#commits < this.#every.to
    const begin = this.#write(inputs)
    await this.#program.run({
      from: begins ? undefined : this.#every.from,
      to: ends ? undefined : this.#every.to,
      signal: hasChanged ? undefined : signal,
      commits: this.#commits,
      begin,
      finish,
    })
  }

  /** The GPU's own time of each step, in milliseconds; needs the adapter's timestamp-query. */
  profile(inputs: TensorData): Promise<KernelTime[]> {
    return this.#lock.run(() => {
      this.#write(inputs)
      return this.#program.profile()
    })
  }

  /** How long the steps take, in milliseconds, on what the last run left; of `repetitions` in a row the mean. */
  time(repetitions: number): Promise<number> {
    return this.#lock.run(() => this.#program.time(repetitions))
  }

  /** Releases arena and workspace; the weights belong to their store. Waits for a run under way. */
  destroy(): Promise<void> {
    return this.#lock.run(() => {
      this.#program.destroy()
      for (const buffer of [...this.#arena, this.#workspace, this.#readback]) this.#gpu.release(buffer)
    })
  }

  /** Writes the inputs that the CPU has. Returns what records the copies of those that are on the GPU. */
  #write(inputs: RunInputs): (encoder: GPUCommandEncoder) => void {
    const copies: ((encoder: GPUCommandEncoder) => void)[] = []
    for (const tensor of this.#plan.graph.inputs) {
      const data = inputs[tensor.name]
      if (!data) throw new Error(`no data for the input ${tensor.name}`)
      const { buffer, offset, bytes } = this.#plan.placements.get(tensor)!
      const arena = this.#arena[buffer]
      if (isOnHost(data)) {
        checkLength(tensor, data)
        this.#gpu.device.queue.writeBuffer(arena, offset, gpuData(tensor, data) as BufferSource)
      } else copies.push(encoder => encoder.copyBufferToBuffer(data, 0, arena, offset, bytes))
    }
    return encoder => {
      for (const copy of copies) copy(encoder)
    }
  }

  #copyToReadback(encoder: GPUCommandEncoder): void {
    let offset = 0
    for (const tensor of this.#plan.graph.outputs) {
      this.#copyOutput(encoder, tensor, { buffer: this.#readback, offset })
      offset += tensorBytes(tensor)
    }
  }

  #copyOutput(
    encoder: GPUCommandEncoder,
    tensor: Tensor,
    { buffer, offset = 0 }: { buffer: GPUBuffer; offset?: number },
  ): void {
    const from = this.#plan.placements.get(tensor)!
    encoder.copyBufferToBuffer(this.#arena[from.buffer], from.offset, buffer, offset, from.bytes)
  }

  async #read(): Promise<TensorData> {
    const bytes = await this.#gpu.read(this.#readback, this.#readback.size)
    let offset = 0
    const outputs = this.#plan.graph.outputs.map(tensor => {
      const part = bytes.slice(offset, offset + tensorBytes(tensor))
      offset += part.length
      return [tensor.name, hostData(tensor, part)]
    })
    return Object.fromEntries(outputs)
  }
}

const changesParameters = ({ kernel, operands }: Step): boolean =>
  Object.keys(kernel.outputs).some(name => name in operands && 'parameter' in operands[name])

const isOnHost = (data: RunInputs[string]): data is TensorData[string] => ArrayBuffer.isView(data)

function checkLength(tensor: Tensor, { length }: TensorData[string]): void {
  const expected = hostLength(tensor)
  if (length !== expected)
    throw new Error(`${tensor.name}: [${tensor.shape}] takes ${expected} values, got ${length}`)
}

const isFloat = ({ dtype }: Tensor) => dtype === 'f32' || dtype === 'f16'

/** Elements of a tensor's TensorData. */
const hostLength = (tensor: Tensor): number =>
  isFloat(tensor) ? tensor.shape.reduce((a, b) => a * b) : tensorBytes(tensor)

function gpuData(tensor: Tensor, data: Float32Array | Uint8Array): Float32Array | Uint16Array | Uint8Array {
  if (!isFloat(tensor)) return data
  const padded = padChannels(data as Float32Array, tensor.shape)
  return tensor.dtype === 'f16' ? toFloat16(padded) : padded
}

function hostData(tensor: Tensor, bytes: Uint8Array<ArrayBuffer>): Float32Array | Uint8Array {
  if (!isFloat(tensor)) return bytes
  const { buffer } = bytes
  const padded = tensor.dtype === 'f16' ? fromFloat16(new Uint16Array(buffer)) : new Float32Array(buffer)
  return unpadChannels(padded, tensor.shape)
}

function locate(
  operand: Operand,
  {
    plan,
    arena,
    workspace,
    weights,
  }: { plan: Plan; arena: GPUBuffer[]; workspace: GPUBuffer; weights: WeightSource },
): Range {
  if ('folded' in operand) return weights.folded(operand.folded, operand.part)
  if ('parameter' in operand) return weights.parameter(operand.parameter)
  if ('gradientOf' in operand) return weights.gradient(operand.gradientOf)
  if ('workspaceBytes' in operand) return { buffer: workspace, offset: 0, size: operand.workspaceBytes }
  const { buffer, offset, bytes } = plan.placements.get(operand.tensor)!
  return { buffer: arena[buffer], offset, size: bytes }
}
