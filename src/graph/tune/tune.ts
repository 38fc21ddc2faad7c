// Which variant of each convolution is fastest on a GPU, measured: the candidates of a layer run in turn on noise, those of the
// dearest layers first, for as long as there is time.

import type { Gpu } from '../../gpu/gpu.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import { chooseStrategy, conv2dKey, strategiesFor } from '../convolution/choose.ts'
import type { Conv2dVariant } from '../convolution/strategies.ts'
import type { Policy } from '../convolution/target.ts'
import { convolutionOf, type FusedConv2dOp } from '../ops/conv2d.ts'
import type { FusedGraph } from '../ops/index.ts'
import { type Clock, type Times, timeVariants } from './time_variants.ts'

export interface TuneOptions {
  /** Measuring goes on for so long at most, but for a run that is under way. Default 60. */
  seconds?: number
  /** Ends it early; what was measured by then counts. */
  signal?: AbortSignal
  /** Called before each convolution is measured. */
  onProgress?: (progress: TuneProgress) => void
  /** Leaves out what was measured before. Default false. */
  onlyNew?: boolean
}

export interface TuneProgress {
  /** Convolutions that are measured, of how many. */
  done: number
  total: number
  /** The next, as `TunedConvolution` has it. */
  convolution: string
}

export interface TunedConvolution {
  /** Its shape, as text: `conv2dKey`. */
  convolution: string
  /** Layers of the network that are this convolution. */
  layers: number
  /** What runs where nothing was measured. */
  untuned: Conv2dVariant
  /** What was fastest; `untuned` where nothing is faster by more than measurements vary. */
  fastest: Conv2dVariant
  /**
   * Of each variant that fits, the shortest of several runs: other processes only ever add time. Not of those that fell far
   * behind, do not compile or compute something else.
   */
  milliseconds: Partial<Record<Conv2dVariant, number>>
}

/** What is faster by less, or in fewer rounds, might as well be noise. */
const GAIN = 0.05
const ROUNDS_WON = 0.8

const SECONDS = 60

/**
 * Measures the convolutions of a graph that passes have been over; of those that are alike, one. Those that can run in one way
 * only, and those for which there was no time, are not in the result. `turn` runs each piece of work on the GPU, of which none
 * takes longer than it takes to compile a variant and run it a few times; other work may come between.
 */
export async function tune(
  gpu: Gpu,
  graph: FusedGraph,
  {
    tuned,
    turn,
    ...options
  }: TuneOptions & Pick<Policy, 'tuned'> & { turn: <T>(work: () => Promise<T>) => Promise<T> },
): Promise<TunedConvolution[]> {
  const { seconds = SECONDS, signal, onProgress, onlyNew = false } = options
  const target = { device: gpu }
  const candidatesOf = (op: FusedConv2dOp) => strategiesFor(convolutionOf(op), target).map(({ name }) => name)
  const layers = distinctConvolutions(graph)
    .map(layer => ({ ...layer, candidates: candidatesOf(layer.op) }))
    .filter(({ convolution, candidates }) => candidates.length > 1 && !(onlyNew && tuned?.has(convolution)))
  const end = performance.now() + 1000 * seconds
  const clock: Clock = { turn, isOver: () => signal?.aborted === true || performance.now() >= end }
  const found: TunedConvolution[] = []
  for (const { op, candidates, ...layer } of layers) {
    if (clock.isOver()) break
    onProgress?.({ done: found.length, total: layers.length, convolution: layer.convolution })
    const untuned = chooseStrategy(convolutionOf(op), target).name
    const variants = [untuned, ...candidates.filter(variant => variant !== untuned)]
    const times = await timeVariants(gpu, op, variants, clock)
    if (times)
      found.push({
        ...layer,
        untuned,
        fastest: fastestOf(untuned, times),
        milliseconds: shortestOf(times),
      })
  }
  return found
}

/** One op for each convolution that is different and not a band of a larger one, those that take most multiply-adds in all their layers first. */
export function distinctConvolutions(
  graph: FusedGraph,
): { op: FusedConv2dOp; convolution: string; layers: number }[] {
  const alike = new Map<string, FusedConv2dOp[]>()
  for (const op of graph.ops)
    if (op.kind === 'conv2d' && !op.whole) {
      const key = conv2dKey(convolutionOf(op))
      alike.set(key, [...(alike.get(key) ?? []), op])
    }
  return [...alike]
    .map(([convolution, ops]) => ({ op: ops[0], convolution, layers: ops.length }))
    .sort((a, b) => b.layers * multiplyAdds(b.op) - a.layers * multiplyAdds(a.op))
}

function multiplyAdds(op: FusedConv2dOp): number {
  const { input, outChannels, kernel, ...rest } = convolutionOf(op)
  const [n, inH, inW, inChannels] = input
  const { h, w } = windowedSize({ h: inH, w: inW }, { kernel, ...rest })
  return n * h * w * outChannels * inChannels * kernel[0] * kernel[1]
}

const entriesOf = (times: Times) => Object.entries(times) as [Conv2dVariant, number[]][]

const shortestOf = (times: Times): TunedConvolution['milliseconds'] =>
  Object.fromEntries(entriesOf(times).map(([variant, each]) => [variant, Math.min(...each)]))

/** The variant to choose by these times, in place of one that stays where none is clearly faster. */
export function fastestOf(untuned: Conv2dVariant, times: Times): Conv2dVariant {
  const before = times[untuned] ?? []
  const isFaster = (each: number[]) =>
    Math.min(...each) < (1 - GAIN) * Math.min(...before) &&
    before.filter((milliseconds, round) => each[round] < milliseconds).length >= ROUNDS_WON * before.length
  const faster = entriesOf(times)
    .filter(([, each]) => isFaster(each))
    .sort(([, a], [, b]) => Math.min(...a) - Math.min(...b))
  return faster.length > 0 ? faster[0][0] : untuned
}
