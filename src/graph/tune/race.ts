// The candidates of one op against each other. Each is timed when it enters; those that are nearly as fast as the fastest then run in turn.

import type { Gpu } from '../../gpu/gpu.ts'
import type { OpAlone, PreparedCandidate } from './op_alone.ts'

export interface Clock {
  /** Runs a piece of work when it may use the GPU. */
  turn<T>(work: () => Promise<T>): Promise<T>
  /** Whether no more work may begin. */
  isOver(): boolean
}

/** The milliseconds of each finalist by name: a number for each round in which all of them ran. */
export type Times = Record<string, number[]>

interface Entrant {
  name: string
  candidate: PreparedCandidate
  /** Milliseconds when it entered; timestamps may round them to nothing. */
  first: number
  times: number[]
}

/** The final has `atLeast` rounds, and goes on for `milliseconds`. If the tuning's time ends before, `least` rounds decide. */
const ROUNDS = { least: 3, atLeast: 5, milliseconds: 200 }

/** In milliseconds: the longest tick of a clock, and a run that is so long that a tick hardly changes its time. */
const GPU_CLOCK = { tick: 0.2, run: 4 }
const HOST_CLOCK = { tick: 2, run: 40 }
const MAX_REPETITIONS = 500

/** The first time is the shortest of so many, or of those that it had within these milliseconds. */
const FIRST = { times: 5, milliseconds: 50 }

/** A candidate leaves the race if it takes this many times as long as the fastest one, when it enters or after two rounds. */
const BEHIND = 1.15
/** A candidate whose runs take this many times as long is not timed further. */
const FAR_BEHIND = 1.5

/** Outputs that are further apart than this, as a share of the largest, are not explained by rounding. */
const TOLERANCE = 0.01

export class Race {
  readonly #op: OpAlone
  readonly #clock: typeof GPU_CLOCK
  #entrants: Entrant[] = []
  /** The output of the first entrant. */
  #output: Float32Array | undefined

  constructor(gpu: Gpu, op: OpAlone) {
    this.#op = op
    this.#clock = gpu.device.features.has('timestamp-query') ? GPU_CLOCK : HOST_CLOCK
  }

  /**
   * Compiles a candidate and returns its milliseconds, or undefined if it does not run, or computes something else
   * than the first candidate. Its first run does not count, since drivers put things off until then. Candidates that fall behind
   * leave the race, except for the first.
   */
  async enter(name: string): Promise<number | undefined> {
    const candidate = await this.#op.prepare(name)
    if (!candidate) return undefined
    const output = await candidate.run()
    this.#output ??= output
    if (!agree(output, this.#output)) {
      await candidate.destroy()
      return undefined
    }
    const first = await this.#firstTime(candidate)
    this.#entrants.push({ name, candidate, first, times: [] })
    await this.#dropBehind(({ first }) => first)
    return first
  }

  /** Runs the final. Undefined if the time is over before there were enough rounds. */
  async run({ turn, isOver }: Clock): Promise<Times | undefined> {
    const start = performance.now()
    const repetitions = this.#repetitions(this.#shortest())
    for (let round = 0; !this.#isDecided(round, performance.now() - start); round++) {
      const times: number[] = []
      for (const { candidate } of this.#entrants) {
        if (isOver()) return round >= ROUNDS.least ? this.#times() : undefined
        times.push(await turn(() => candidate.time(repetitions)))
      }
      for (const [i, entrant] of this.#entrants.entries()) entrant.times.push(times[i])
      if (round > 0) await this.#dropBehind(({ times }) => Math.min(...times))
    }
    return this.#times()
  }

  async end(): Promise<void> {
    for (const { candidate } of this.#entrants) await candidate.destroy()
    this.#entrants = []
  }

  /**
   * The shorter of two runs if the candidate is far behind. Else the shortest of several times, each of as many runs as the clock
   * needs. One time is never enough: an interruption would mark the candidate as slow on all layers.
   */
  async #firstTime({ time }: PreparedCandidate): Promise<number> {
    const once = Math.min(await time(1), await time(1))
    if (once > FAR_BEHIND * this.#shortest() + this.#clock.tick) return once
    const repetitions = this.#repetitions(once)
    const times = repetitions > 1 ? [] : [once]
    const end = performance.now() + FIRST.milliseconds
    do times.push(await time(repetitions))
    while (times.length < FIRST.times && performance.now() < end)
    return Math.min(...times)
  }

  #isDecided(round: number, milliseconds: number): boolean {
    const isEnough = round >= ROUNDS.atLeast && milliseconds > ROUNDS.milliseconds
    return isEnough || (round > 1 && this.#entrants.length <= 1)
  }

  #times(): Times {
    return Object.fromEntries(this.#entrants.map(({ name, times }) => [name, times]))
  }

  /** How many runs in a row are long enough for the clock. */
  #repetitions(milliseconds: number): number {
    const { run } = this.#clock
    return Math.ceil(run / Math.max(milliseconds, run / MAX_REPETITIONS))
  }

  #shortest(): number {
    return Math.min(...this.#entrants.map(({ first }) => first))
  }

  async #dropBehind(milliseconds: (entrant: Entrant) => number): Promise<void> {
    const limit = BEHIND * Math.min(...this.#entrants.map(milliseconds)) + this.#clock.tick / 10
    const [first] = this.#entrants
    const isOut = (entrant: Entrant) => entrant !== first && milliseconds(entrant) > limit
    const out = this.#entrants.filter(isOut)
    this.#entrants = this.#entrants.filter(entrant => !isOut(entrant))
    for (const { candidate } of out) await candidate.destroy()
  }
}

function agree(actual: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return actual.every((value, i) => Math.abs(value - expected[i]) <= TOLERANCE * largest)
}
