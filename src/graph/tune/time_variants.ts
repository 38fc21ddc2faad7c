// The variants of one convolution against each other, each as a plan of its own.

import { UserError } from '../../errors.ts'
import { ShaderError } from '../../gpu/errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Conv2dVariant } from '../convolution/strategies.ts'
import { inputsOf, parametersOf } from '../ir/graph.ts'
import type { FusedConv2dOp } from '../ops/conv2d.ts'
import type { FusedGraph } from '../ops/index.ts'
import { planOptimised } from '../plan/plan.ts'
import { Executor, type TensorData } from '../runtime/executor.ts'
import { WeightStore } from '../runtime/weight_store.ts'

export interface Clock {
  /** Runs a piece of work when it may use the GPU. */
  turn<T>(work: () => Promise<T>): Promise<T>
  /** Whether no more work may begin. */
  isOver(): boolean
}

/** Milliseconds of each variant, one for each round, in which all of them ran. */
export type Times = Partial<Record<Conv2dVariant, number[]>>

interface Contender {
  variant: Conv2dVariant
  executor: Executor
  /** Milliseconds of a first run that counts; timestamps may round it to nothing. */
  trial: number
  times: number[]
}

/** So many rounds, and more within that time; where the clock is over before, the least of them decide. */
const ROUNDS = { least: 3, atLeast: 5, milliseconds: 200 }

/** How long a tick may be, in milliseconds, and how long a run should be so that ticks do not count. */
const GPU_CLOCK = { tick: 0.2, run: 4 }
const HOST_CLOCK = { tick: 2, run: 40 }
const MOST_REPETITIONS = 500

/** What takes longer than this times the fastest is not worth measuring exactly: by the first run that counts, and by two rounds. */
const TOO_SLOW = 2
const BEHIND = 1.25

/** Outputs that are further apart than this, as a share of the largest, are not explained by rounding. */
const TOLERANCE = 0.01

/**
 * How long each variant takes, in several rounds, on noise. The first is what the others have to agree with. Left
 * out is what computes something else, does not compile, has no room or, but for the first, falls far behind. Undefined where the clock is over before there were
 * enough rounds. All that is allocated is given back.
 */
export async function timeVariants(
  gpu: Gpu,
  op: FusedConv2dOp,
  variants: readonly Conv2dVariant[],
  clock: Clock,
): Promise<Times | undefined> {
  const graph: FusedGraph = {
    stage: 'fused',
    ops: [op],
    inputs: [...new Set(inputsOf(op))],
    outputs: [op.output],
  }
  const weights = new WeightStore(gpu, noisyParameters(op))
  const race = new Race(gpu, graph, weights)
  try {
    for (const variant of variants) {
      if (clock.isOver()) return undefined
      await clock.turn(() => race.enter(variant))
    }
    return await race.run(clock)
  } finally {
    await race.end()
    weights.destroy()
  }
}

class Race {
  readonly #gpu: Gpu
  readonly #graph: FusedGraph
  readonly #weights: WeightStore
  readonly #inputs: TensorData
  readonly #clock: typeof GPU_CLOCK
  #contenders: Contender[] = []
  /** Of the first. */
  #output: Float32Array | undefined

  constructor(gpu: Gpu, graph: FusedGraph, weights: WeightStore) {
    this.#gpu = gpu
    this.#graph = graph
    this.#weights = weights
    this.#inputs = Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, noise(shape)]))
    this.#clock = gpu.device.features.has('timestamp-query') ? GPU_CLOCK : HOST_CLOCK
  }

  /** Compiles a variant and runs it twice, since drivers put things off until a first run. Whoever is too slow is out, but for the first. */
  async enter(variant: Conv2dVariant): Promise<void> {
    const executor = await this.#prepare(variant)
    if (!executor) return
    const output = (await executor.run(this.#inputs))[this.#graph.outputs[0].name] as Float32Array
    this.#output ??= output
    if (!agree(output, this.#output)) return executor.destroy()
    const trial = await executor.time(1)
    this.#contenders.push({ variant, executor, trial, times: [] })
    const limit = TOO_SLOW * this.#shortest() + this.#clock.tick
    const [first] = this.#contenders
    await this.#drop(contender => contender !== first && contender.trial > limit)
  }

  async run({ turn, isOver }: Clock): Promise<Times | undefined> {
    const start = performance.now()
    const repetitions = this.#repetitions()
    for (let round = 0; !this.#isDecided(round, performance.now() - start); round++) {
      const times: number[] = []
      for (const { executor } of this.#contenders) {
        if (isOver()) return round >= ROUNDS.least ? this.#times() : undefined
        times.push(await turn(() => executor.time(repetitions)))
      }
      for (const [i, contender] of this.#contenders.entries()) contender.times.push(times[i])
      if (round > 0) await this.#dropBehind()
    }
    return this.#times()
  }

  end(): Promise<void> {
    return this.#drop(() => true)
  }

  #isDecided(round: number, milliseconds: number): boolean {
    const isEnough = round >= ROUNDS.atLeast && milliseconds > ROUNDS.milliseconds
    return isEnough || (round > 1 && this.#contenders.length <= 1)
  }

  #dropBehind(): Promise<void> {
    const bests = this.#contenders.map(({ times }) => Math.min(...times))
    const limit = BEHIND * Math.min(...bests)
    const [first] = this.#contenders
    return this.#drop(contender => contender !== first && Math.min(...contender.times) > limit)
  }

  #times(): Times {
    return Object.fromEntries(this.#contenders.map(({ variant, times }) => [variant, times]))
  }

  /** Of a run, so that it is long enough for the clock. */
  #repetitions(): number {
    const { run } = this.#clock
    return Math.ceil(run / Math.max(this.#shortest(), run / MOST_REPETITIONS))
  }

  #shortest(): number {
    return Math.min(...this.#contenders.map(({ trial }) => trial))
  }

  /** Undefined where the GPU has no room for a variant, or does not take its shaders. */
  async #prepare(variant: Conv2dVariant): Promise<Executor | undefined> {
    try {
      const plan = planOptimised(this.#graph, { device: this.#gpu, policy: { forced: () => variant } })
      return await Executor.create(this.#gpu, plan, this.#weights)
    } catch (error) {
      if (error instanceof UserError || error instanceof ShaderError) return undefined
      throw error
    }
  }

  async #drop(isOut: (contender: Contender) => boolean): Promise<void> {
    const out = this.#contenders.filter(isOut)
    this.#contenders = this.#contenders.filter(contender => !isOut(contender))
    for (const { executor } of out) await executor.destroy()
  }
}

function noisyParameters(op: FusedConv2dOp): Map<string, Float32Array> {
  const variance = op.batchNorm?.variance.name
  return new Map(
    parametersOf(op).map(({ name, shape }) => [
      name,
      name === variance ? noise(shape).fill(1) : noise(shape),
    ]),
  )
}

/** Values from −½ to ½, the same every time: a GPU may be quicker with zeros. */
function noise(shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b))
  for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5
  return values
}

function agree(actual: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return actual.every((value, i) => Math.abs(value - expected[i]) <= TOLERANCE * largest)
}
