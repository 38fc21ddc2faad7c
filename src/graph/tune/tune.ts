// Measures which kernels are fastest for the convolutions of a graph on a GPU. The layers with most multiply-adds come first. A
// candidate is tried only if the measurements so far, of this layer and of others, say that it may be faster.

import type { Gpu } from '../../gpu/gpu.ts'
import type { Tuned } from '../convolution/policy.ts'
import type { FusedGraph } from '../ops/index.ts'
import { cutWeight } from '../plan/cut_weights.ts'
import { opAlone } from './op_alone.ts'
import { candidateOn } from './performance_model.ts'
import { type Clock, Race, type Times } from './race.ts'
import { Search } from './search.ts'
import { type Tunable, tunablesOf } from './tunable.ts'
import { inferenceMode, type TuningMode } from './tuning_mode.ts'

export interface TuneOptions {
  /** After so many seconds nothing new is measured. Default 60. */
  seconds?: number
  /** Ends the tuning early. What was measured by then counts. */
  signal?: AbortSignal
  /** Called before each convolution is measured. */
  onProgress?: (progress: TuneProgress) => void
  /** Leaves out convolutions that were measured before. Default false. */
  onlyNew?: boolean
}

export interface TuneProgress {
  /** How many convolutions are measured already, and how many there are. */
  done: number
  total: number
  /** The one that is measured next, as in `TunedConvolution`. */
  convolution: string
}

export interface TunedConvolution {
  /** The convolution as text: its key in `Policy.tuned`. */
  convolution: string
  /** Layers of the network that are this convolution. */
  layers: number
  /** The strategy without measurements, by its name or those of the strategy and a tile. */
  untuned: string
  /** The fastest one; `untuned` if no other is faster by more than measurements vary. */
  fastest: string
  /**
   * The shortest of several runs of each candidate that was nearly as fast as the fastest. It is the shortest, because other
   * processes only ever add time.
   */
  milliseconds: Record<string, number>
}

/** A candidate that is faster by less, or in a smaller share of the rounds, may be so by chance. */
const GAIN = 0.05
const ROUNDS_WON = 0.8

const SECONDS = 60

/**
 * At most this share of the time left goes to trying the candidates of one layer, so that there is time for its final: slow adapters compile few
 * a second. But so many are always tried: fewer decide nothing.
 */
const TRIED = { share: 0.5, least: 2 }

/**
 * Measures the convolutions of a graph after the passes, and their gradients. Of several that are the same, it measures one.
 * Convolutions with only one candidate, and those for which there was no time, are not in the result. `turn` runs each piece of work
 * on the GPU: the compilation of a candidate with a few runs. Other work may come in between.
 */
export async function tune(
  gpu: Gpu,
  graph: FusedGraph,
  {
    tuned,
    mode = inferenceMode,
    turn,
    ...options
  }: TuneOptions & { mode?: TuningMode; tuned?: Tuned; turn: <T>(work: () => Promise<T>) => Promise<T> },
): Promise<TunedConvolution[]> {
  const { seconds = SECONDS, signal, onProgress, onlyNew = false } = options
  const bindable = { ...graph, ops: graph.ops.flatMap(op => cutWeight(op, gpu.limits)) }
  const layers = tunablesOf(bindable, { device: gpu, mode: mode.mode }, mode.familyOf).filter(
    ({ convolution }) => !(onlyNew && tuned?.has(convolution)),
  )
  const end = performance.now() + 1000 * seconds
  const clock: Clock = { turn, isOver: () => signal?.aborted === true || performance.now() >= end }
  const search = new Search()
  const found = new Map<Tunable, TunedConvolution>()
  for (const layer of scoutFirst(layers)) {
    if (clock.isOver()) break
    const { convolution, untuned } = layer
    onProgress?.({ done: found.size, total: layers.length, convolution })
    const now = performance.now()
    const until = now + TRIED.share * (end - now)
    const times = await timesOf(gpu, layer, { search, mode, clock, until })
    if (times)
      found.set(layer, {
        convolution,
        layers: layer.layers,
        untuned,
        fastest: fastestOf(untuned, times),
        milliseconds: shortestOf(times),
      })
  }
  return layers.flatMap(layer => found.get(layer) ?? [])
}

/** The first layer finds out which candidates are slow. So one of median size goes first, before the most expensive one. */
function scoutFirst(layers: Tunable[]): Tunable[] {
  const middle = Math.floor(layers.length / 2)
  return [...layers.slice(middle, middle + 1), ...layers.slice(0, middle), ...layers.slice(middle + 1)]
}

interface TimingOptions {
  search: Search
  mode: TuningMode
  clock: Clock
  /** No candidate is tried after this time, in `performance.now`'s milliseconds. */
  until: number
}

/** The times of the fastest candidates and of the untuned one. It releases all that it allocates. */
async function timesOf(
  gpu: Gpu,
  layer: Tunable,
  { search, mode, clock, until }: TimingOptions,
): Promise<Times | undefined> {
  const alone = await opAlone(gpu, layer, mode)
  const race = new Race(gpu, alone)
  const left = new Set(layer.candidates.map(candidate => candidateOn(layer, candidate)))
  let best = Infinity
  let next = [...left].find(({ name }) => name === layer.untuned)
  try {
    for (let tried = 0; next && (tried < TRIED.least || performance.now() < until); tried++) {
      if (clock.isOver()) return undefined
      const { name } = next
      const { milliseconds, seconds } = await clock.turn(() => timed(() => race.enter(name)))
      left.delete(next)
      if (milliseconds) search.observe(next, { milliseconds, seconds })
      best = Math.min(best, milliseconds || Infinity)
      next = search.next(left, best)
    }
    return await race.run(clock)
  } finally {
    await race.end()
    alone.destroy()
  }
}

async function timed(work: () => Promise<number | undefined>) {
  const start = performance.now()
  const milliseconds = await work()
  return { milliseconds, seconds: (performance.now() - start) / 1000 }
}

const shortestOf = (times: Times): TunedConvolution['milliseconds'] =>
  Object.fromEntries(Object.entries(times).map(([name, each]) => [name, Math.min(...each)]))

/** The fastest by these times. It differs from the untuned one only if it is clearly faster. */
export function fastestOf(untuned: string, times: Times): string {
  const before = times[untuned] ?? []
  const isFaster = (each: number[]) =>
    Math.min(...each) < (1 - GAIN) * Math.min(...before) &&
    before.filter((milliseconds, round) => each[round] < milliseconds).length >= ROUNDS_WON * before.length
  const faster = Object.entries(times)
    .filter(([, each]) => isFaster(each))
    .sort(([, a], [, b]) => Math.min(...a) - Math.min(...b))
  return faster.length > 0 ? faster[0][0] : untuned
}
