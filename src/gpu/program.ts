// A sequence of kernels with their buffers, ready to run: pipelines, packed parameters and bind groups are made once. It runs in
// submits that are bounded in time (submits.ts).

import { usage } from './buffers.ts'
import type { Gpu } from './gpu.ts'
import { foldGrid, type Kernel } from './kernel.ts'
import type { Launch, Range } from './launch.ts'
import { LaunchTimes } from './launch_times.ts'
import { Pace, submitBudget } from './pace.ts'
import type { HeldCopies, TextureCopies, TextureCopy } from './quirks/texture_copies.ts'
import { storageEntries, textureCopies, writtenRanges } from './storage_entries.ts'
import { cutIntoSubmits, type Piece } from './submits.ts'
import { packParams } from './wgsl.ts'

/** The time of one kernel on the GPU. */
export interface KernelTime {
  kernel: Kernel
  milliseconds: number
}

/** Which launches run, and how. */
export interface ProgramRun {
  /** The launches `from` … `to` − 1. Default: all. */
  from?: number
  to?: number
  /** Records more commands at the beginning of the first submit. */
  begin?(encoder: GPUCommandEncoder): void
  /** Records more commands at the end of the last submit. */
  finish?(encoder: GPUCommandEncoder): void
  /** Ends the run before its next submit: it throws the signal's reason. What was submitted before still runs. */
  signal?: AbortSignal
  /** The first launch that changes what must not be half changed. Once it is submitted, the signal has no effect. */
  commits?: number
}

interface Dispatch {
  kernel: Kernel
  pipeline: GPUComputePipeline
  bindGroup: GPUBindGroup
  divisible: boolean
  /** Ranges that are copied into textures just before, where they are not there yet. */
  copies: TextureCopy[]
  writes: Range[]
}

/** Pieces that run in one compute pass, after some copies: nothing is copied within a pass. */
interface Pass {
  copies: TextureCopy[]
  pieces: Piece[]
}

/** Bind groups with the workgroup at which a dispatch starts: 0, and one that is written to `offset` of the parameters. */
interface FirstWorkgroups {
  zero: GPUBindGroup
  later: GPUBindGroup
  offset: number
}

/** Few adapters read through textures: a page loads the code for those. */
const texturesFor = async (gpu: Gpu, label: string, copies: TextureCopy[]) =>
  copies.length > 0
    ? (await import('./quirks/texture_copies.ts')).TextureCopies.create(gpu, label, copies)
    : undefined

export class Program {
  readonly #gpu: Gpu
  readonly #label: string
  readonly #params: GPUBuffer
  readonly #textures: TextureCopies | undefined
  readonly #dispatches: Dispatch[]
  readonly #firsts: FirstWorkgroups
  readonly #times: LaunchTimes

  /** Compiles all new pipelines in parallel and builds the bind groups. */
  static async create(gpu: Gpu, label: string, launches: Launch[]): Promise<Program> {
    const pipelines = await Promise.all(launches.map(({ kernel }) => gpu.pipelines.get(kernel)))
    const packed = launches.map(({ kernel }, i) =>
      packParams(pipelines[i].interface.params, kernel.params, kernel.label),
    )
    const entries = launches.map((launch, i) => storageEntries(gpu, launch, pipelines[i]))
    const copies = launches.map((launch, i) => textureCopies(launch, pipelines[i]))
    const stride = gpu.limits.minUniformBufferOffsetAlignment
    const slot = Math.ceil(Math.max(16, ...packed.map(bytes => bytes.byteLength)) / stride) * stride
    const contents = new Uint8Array(slot * (packed.length + FIRST_WORKGROUPS))
    packed.forEach((bytes, i) => {
      contents.set(new Uint8Array(bytes), i * slot)
    })
    const params = await gpu.allocate(
      `${label} parameters`,
      contents.length,
      usage.uniform | usage.copyDestination,
    )
    gpu.device.queue.writeBuffer(params, 0, contents)
    const textures = await texturesFor(gpu, label, copies.flat())
    const dispatches = launches.map(({ kernel }, i) => ({
      kernel,
      pipeline: pipelines[i].pipeline,
      divisible: pipelines[i].interface.divisible,
      bindGroup: gpu.device.createBindGroup({
        label: kernel.label,
        layout: pipelines[i].layout,
        entries: [
          { binding: 0, resource: { buffer: params, offset: i * slot, size: slot } },
          ...entries[i],
          ...copies[i].map(copy => ({ binding: copy.binding, resource: textures!.view(copy) })),
        ],
      }),
      copies: copies[i],
      writes: writtenRanges(launches[i]),
    }))
    const firsts = firstWorkgroups(gpu, params, { offset: slot * packed.length, slot })
    gpu.throwIfFailed()
    return new Program(gpu, label, { params, textures, dispatches, firsts })
  }

  private constructor(
    gpu: Gpu,
    label: string,
    parts: { params: GPUBuffer; textures?: TextureCopies; dispatches: Dispatch[]; firsts: FirstWorkgroups },
  ) {
    this.#gpu = gpu
    this.#label = label
    this.#params = parts.params
    this.#textures = parts.textures
    this.#dispatches = parts.dispatches
    this.#firsts = parts.firsts
    this.#times = new LaunchTimes(parts.dispatches.map(({ kernel }) => kernel))
  }

  /**
   * Runs the launches in as few submits as keep to the GPU's `submitMilliseconds`. Resolves when all are submitted, before the
   * GPU has done the last ones.
   */
  async run({ from, to, begin, finish, ...options }: ProgramRun = {}): Promise<void> {
    const submits = this.#cut(this.#launches.slice(from, to), submitBudget(this.#gpu, options))
    const record = (encoder: GPUCommandEncoder, pieces: Piece[]) => {
      if (pieces === submits[0]) begin?.(encoder)
      this.#encode(encoder, pieces)
      if (pieces === submits.at(-1)) finish?.(encoder)
    }
    await this.#submit(submits, record, options)
  }

  /**
   * Runs each dispatch in its own compute pass and returns the time of each launch, in milliseconds.
   * Throws UserError if the adapter has no `timestamp-query`.
   */
  async profile(): Promise<KernelTime[]> {
    const submits = this.#cut(this.#launches)
    const times = await this.#timePasses(submits, pieces => pieces.map(piece => [piece]))
    const kernelTimes = this.#dispatches.map(({ kernel }) => ({ kernel, milliseconds: 0 }))
    for (const [i, { launch }] of submits.flat().entries()) kernelTimes[launch].milliseconds += times[i]
    return kernelTimes
  }

  /**
   * Runs the program `repetitions` times and returns the time of one run, in milliseconds: by the GPU's clock if it has
   * timestamps, which may be quantised, else by the host's clock, until the GPU reports that it is done.
   */
  async time(repetitions: number): Promise<number> {
    const submits = this.#cut(new Array<number[]>(repetitions).fill(this.#launches).flat())
    if (this.#gpu.device.features.has('timestamp-query')) {
      const times = await this.#timePasses(submits, pieces => [pieces])
      return times.reduce((sum, milliseconds) => sum + milliseconds) / repetitions
    }
    const start = performance.now()
    await this.#submit(submits, (encoder, pieces) => this.#encode(encoder, pieces))
    await this.#gpu.finish()
    return (performance.now() - start) / repetitions
  }

  /** The time of each compute pass, in milliseconds. `passesOf` divides the pieces of a submit into passes. */
  async #timePasses(submits: Piece[][], passesOf: (pieces: Piece[]) => Piece[][]): Promise<number[]> {
    const { PassTimer } = await import('./pass_timer.ts') // a page need not load it before it measures
    const timer = await PassTimer.create(this.#gpu, submits.flatMap(passesOf).length)
    try {
      await this.#submit(submits, (encoder, pieces) => {
        for (const pass of passesOf(pieces)) this.#encode(encoder, pass, timer.writes)
        if (pieces === submits.at(-1)) timer.resolve(encoder)
      })
      return await timer.read()
    } finally {
      timer.destroy()
    }
  }

  /** Releases the buffer of parameters and the textures. The buffers of the launches belong to the caller. */
  destroy(): void {
    this.#gpu.release(this.#params)
    this.#textures?.destroy()
  }

  /** The numbers of all launches. */
  get #launches(): number[] {
    return [...this.#dispatches.keys()]
  }

  #cut(launches: number[], budget = this.#gpu.submitMilliseconds): Piece[][] {
    const works = launches.map(launch => {
      const { kernel, divisible } = this.#dispatches[launch]
      return { launch, workgroups: kernel.workgroups, divisible, milliseconds: this.#times.of(launch) }
    })
    return cutIntoSubmits(works, budget)
  }

  /** Submits one after the other, and learns from their times how long the launches take. */
  async #submit(
    submits: Piece[][],
    record: (encoder: GPUCommandEncoder, pieces: Piece[]) => void,
    { signal, commits = Infinity }: Pick<ProgramRun, 'signal' | 'commits'> = {},
  ): Promise<void> {
    const pace = new Pace(this.#gpu, { cancellable: signal !== undefined })
    try {
      for (const pieces of submits) {
        await pace.room()
        const { launch = 0, first = 0 } = pieces.at(0) ?? {}
        if (launch < commits || (launch === commits && first === 0)) signal?.throwIfAborted()
        if (first > 0)
          this.#gpu.device.queue.writeBuffer(this.#params, this.#firsts.offset, Uint32Array.of(first))
        this.#gpu.submit(this.#label, encoder => record(encoder, pieces))
        pace.submitted(pieces)
      }
    } finally {
      pace.times().then(
        times => this.#times.learn(times),
        () => undefined, // The caller's next call throws what made the GPU fail.
      )
    }
  }

  /** Records pieces in a compute pass, or in several with copies into textures between them. */
  #encode(encoder: GPUCommandEncoder, pieces: Piece[], times?: GPUComputePassTimestampWrites): void {
    const label = times && this.#dispatches[pieces[0].launch].kernel.label
    const passes = this.#inPasses(pieces)
    for (const [i, { copies, pieces }] of passes.entries()) {
      for (const copy of copies) this.#textures!.record(encoder, copy)
      const timestampWrites = times && timesOfPass(times, { begins: i === 0, ends: i === passes.length - 1 })
      const pass = encoder.beginComputePass({ label, timestampWrites })
      this.#dispatch(pass, pieces)
      pass.end()
    }
  }

  /** The first has no copies, and maybe no pieces: timestamps are written where a pass begins or ends, and copies take time, too. */
  #inPasses(pieces: Piece[]): Pass[] {
    const passes: Pass[] = [{ copies: [], pieces: [] }]
    const held: HeldCopies | undefined = this.#textures?.holding()
    for (const piece of pieces) {
      const { copies, writes } = this.#dispatches[piece.launch]
      const missing = copies.filter(copy => held!.isNew(copy))
      if (missing.length > 0) passes.push({ copies: missing, pieces: [] })
      passes.at(-1)!.pieces.push(piece)
      held?.forget(writes)
    }
    return passes
  }

  #dispatch(pass: GPUComputePassEncoder, pieces: Piece[]): void {
    for (const [i, { launch, first, count }] of pieces.entries()) {
      const { pipeline, bindGroup } = this.#dispatches[launch]
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, bindGroup)
      // Only a submit's first piece may start later.
      if (i < 2) pass.setBindGroup(1, first > 0 ? this.#firsts.later : this.#firsts.zero)
      pass.dispatchWorkgroups(...foldGrid(count, this.#gpu.limits.maxComputeWorkgroupsPerDimension))
    }
  }
}

/** The timestamps of one of several passes: before the first, after the last, none between. */
function timesOfPass(
  { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex }: GPUComputePassTimestampWrites,
  { begins, ends }: { begins: boolean; ends: boolean },
): GPUComputePassTimestampWrites | undefined {
  if (!begins && !ends) return undefined
  return { querySet, ...(begins && { beginningOfPassWriteIndex }), ...(ends && { endOfPassWriteIndex }) }
}

/** Slots of the parameters that hold the first workgroup of a dispatch: 0, and another one. */
const FIRST_WORKGROUPS = 2

function firstWorkgroups(
  { device, pipelines }: Gpu,
  buffer: GPUBuffer,
  { offset, slot }: { offset: number; slot: number },
): FirstWorkgroups {
  const bindGroup = (label: string, at: number) =>
    device.createBindGroup({
      label,
      layout: pipelines.firstWorkgroup,
      entries: [{ binding: 0, resource: { buffer, offset: at, size: 16 } }],
    })
  return {
    zero: bindGroup('first workgroup 0', offset),
    later: bindGroup('later first workgroup', offset + slot),
    offset: offset + slot,
  }
}
