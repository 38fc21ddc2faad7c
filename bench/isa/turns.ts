// How often each loop of a compiled pipeline runs: its loops are matched with those of the shader's text, some of which the compiler
// has unrolled.

import { type Code, type Loop, ownInstructions } from './program.ts'
import type { SourceLoop } from './source_loops.ts'

export interface Turns {
  of: ReadonlyMap<Loop, number>
  /** What is counted as one turn because it is not known, in words. */
  unknown: string[]
}

interface Match {
  cost: number
  pairs: [Loop, SourceLoop | undefined][]
}

/** A loop that neither side explains. */
const UNMATCHED = 100
/** A loop whose turns the compiler cannot know, and which is not there: it may be empty, or have few turns at most. */
const LOST = 10
/** Workgroup memory that is set to zero without a loop: there is little of it. */
const LITTLE = 5
/** A loop with multiply-adds is one without any in the text, or the other way: compilers also make them of other arithmetic. */
const OTHER_WORK = 3

/** A driver's loop that sets workgroup memory to zero, which WebGPU asks for. It stands before all others. */
const ZEROING = 'zeroing of workgroup memory'

/** The cheapest match that keeps the order and the nesting of the loops. */
export function turnsOf(
  code: Code,
  sources: readonly SourceLoop[],
  { shared, lanes, wave }: { shared: number; lanes: number; wave: number },
): Turns {
  const zeroing: SourceLoop = { name: ZEROING, turns: 0, fixed: true, multiplies: false, loops: [] }
  const { pairs } = matcher(code)(shared > 0 ? [zeroing, ...sources] : sources, code.loops)
  const of = new Map<Loop, number>()
  const unknown: string[] = []
  for (const [loop, source] of pairs) {
    const turns = source === zeroing ? zeroingTurns(code, loop, { shared, lanes, wave }) : source?.turns
    if (turns === undefined) unknown.push(source ? `over ${source.name}` : 'of the compiler')
    of.set(loop, turns ?? 1)
  }
  return { of, unknown }
}

function matcher(code: Code): (sources: readonly SourceLoop[], loops: readonly Loop[]) => Match {
  const numbers = new Map<object, number>()
  const numberOf = (each: object) => {
    if (!numbers.has(each)) numbers.set(each, numbers.size)
    return numbers.get(each)
  }
  const known = new Map<string, Match>()
  const match = (sources: readonly SourceLoop[], loops: readonly Loop[]): Match => {
    const key = `${sources.map(numberOf)};${loops.map(numberOf)}`
    const found = known.get(key) ?? compute(sources, loops)
    known.set(key, found)
    return found
  }
  const compute = (sources: readonly SourceLoop[], loops: readonly Loop[]): Match => {
    const [source, ...otherSources] = sources
    const [loop, ...otherLoops] = loops
    if (!source && !loop) return { cost: 0, pairs: [] }
    // Of matches of one cost the first counts: compilers unroll inner loops before outer ones, so the outer one is still there.
    const options: Match[] = []
    if (source && loop) {
      const inner = match(source.loops, loop.loops)
      const cost = inner.cost + pairCost(code, loop, source)
      const rest = match(otherSources, otherLoops)
      options.push({ cost: cost + rest.cost, pairs: [[loop, source], ...inner.pairs, ...rest.pairs] })
    }
    if (source) options.push(plus(lossOf(source), match([...source.loops, ...otherSources], loops)))
    if (loop) options.push(plus(UNMATCHED, match(sources, [...loop.loops, ...otherLoops]), [loop, undefined]))
    return options.reduce((best, other) => (other.cost < best.cost ? other : best))
  }
  return match
}

const plus = (cost: number, { cost: others, pairs }: Match, pair?: Match['pairs'][number]): Match => ({
  cost: cost + others,
  pairs: pair ? [pair, ...pairs] : pairs,
})

function lossOf({ name, fixed, multiplies }: SourceLoop): number {
  if (name === ZEROING) return LITTLE
  return fixed ? 0 : multiplies ? UNMATCHED : LOST
}

function pairCost(code: Code, loop: Loop, source: SourceLoop): number {
  const multiplies = code.instructions.slice(loop.start, loop.end).some(({ macs }) => macs > 0)
  const isZeroing = source.name === ZEROING
  const stores = ownInstructions(code, loop).filter(({ kind }) => kind === 'shared').length > 0
  if (isZeroing) return stores && !multiplies && loop.loops.length === 0 ? 0 : UNMATCHED
  return Number(source.fixed) + (multiplies === source.multiplies ? 0 : OTHER_WORK)
}

/** All lanes of the workgroup share the work. */
function zeroingTurns(
  code: Code,
  loop: Loop,
  { shared, lanes, wave }: { shared: number; lanes: number; wave: number },
): number {
  const stored = ownInstructions(code, loop).reduce(
    (sum, { kind, bytes }) => sum + (kind === 'shared' ? bytes : 0),
    0,
  )
  return Math.ceil((shared * wave) / (stored * lanes))
}
