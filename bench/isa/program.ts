// A compiled pipeline, as the compilers of AMD and Intel show it: what the driver says of it, its instructions and its loops.

/**
 * arithmetic: runs in the vector units. shared, memory, scratch: loads and stores of a lane's; scratch is what spills and private
 * arrays use. scalar: AMD's scalar unit. branch; wait: waits for what was started before; other: takes no time.
 */
export type Kind = 'arithmetic' | 'shared' | 'memory' | 'scratch' | 'scalar' | 'branch' | 'wait' | 'other'

export interface Instruction {
  op: string
  /** What follows the name. */
  operands: string
  kind: Kind
  /** Multiply-adds of each lane. */
  macs: number
  /** Loaded or stored by all lanes together. */
  bytes: number
  /** In which the vector unit, or else the issue of instructions, is busy. */
  cycles: number
}

/** The instructions `start` … `end` − 1, which run several times, and the loops among them. */
export interface Loop {
  start: number
  end: number
  loops: Loop[]
}

export interface Code {
  instructions: Instruction[]
  loops: Loop[]
}

export interface Program extends Code {
  /** Lanes of a wave (AMD) or thread (Intel). */
  wave: number
  /** Vector registers of a lane or, on Intel, the most of a thread's registers that are in use. */
  registers: number
  /** Stores of registers, and loads of them. AMD counts registers, of both kinds. */
  spills: number
  fills: number
  /** Private memory, in bytes of a wave (AMD) or thread. */
  scratch: number
  /** Workgroup memory, in bytes. */
  shared: number
  /** Waves that an engine holds at once, by registers and workgroup memory. */
  waves: number
  /** Instructions in all, by the driver's count. */
  size: number
}

/** What the layer writes of a pipeline. */
export interface Listing {
  subgroup: number
  stats: ReadonlyMap<string, number>
  assembly: string
}

/** Reads a file of the layer. Undefined if the driver could not compile. */
export function parseListing(text: string): Listing | undefined {
  const subgroup = /^subgroup (\d+)\n/.exec(text)?.[1]
  if (subgroup === undefined) return undefined
  const [head, ...rest] = text.split('\nassembly\n')
  const stats = [...head.matchAll(/^stat (\S+) (.+)$/gm)].map(([, value, name]): [string, number] => [
    name,
    Number(value),
  ])
  return { subgroup: Number(subgroup), stats: new Map(stats), assembly: rest.join('\nassembly\n') }
}

/** Instructions, the places of labels, and jumps that may go back. */
export interface Lines {
  instructions: Instruction[]
  labels: ReadonlyMap<string, number>
  jumps: { from: number; to: string }[]
}

/** Finds the loops: each runs from a label to the last jump back to it. */
export function withLoops({ instructions, labels, jumps }: Lines): Code {
  const ends = new Map<number, number>()
  for (const { from, to } of jumps) {
    const start = labels.get(to)
    if (start !== undefined && start <= from) ends.set(start, Math.max(from + 1, ends.get(start) ?? 0))
  }
  const all = [...ends].sort(([a], [b]) => a - b).map(([start, end]): Loop => ({ start, end, loops: [] }))
  const loops: Loop[] = []
  const open: Loop[] = []
  for (const loop of all) {
    while (open.length > 0 && open.at(-1)!.end <= loop.start) open.pop()
    ;(open.at(-1)?.loops ?? loops).push(loop)
    open.push(loop)
  }
  return { instructions, loops }
}

/** All loops, the outer ones before those in them. */
export const allLoops = (loops: readonly Loop[]): Loop[] =>
  loops.flatMap(loop => [loop, ...allLoops(loop.loops)])

/** The instructions of a loop that are in no loop within it. */
export function ownInstructions({ instructions }: Code, { start, end, loops }: Loop): Instruction[] {
  return instructions
    .slice(start, end)
    .filter((_, i) => !loops.some(inner => start + i >= inner.start && start + i < inner.end))
}

/** What a loop, or a program, is made of. */
export interface Mix {
  /** Instructions with multiply-adds. */
  multiplies: number
  /** Of all instructions but those that wait. */
  share: number
  arithmetic: number
  shared: number
  memory: number
  scratch: number
  all: number
}

export function mixOf(instructions: readonly Instruction[]): Mix {
  const count = (...kinds: Kind[]) => instructions.filter(({ kind }) => kinds.includes(kind)).length
  const multiplies = instructions.filter(({ macs }) => macs > 0).length
  const all = instructions.length - count('other', 'wait')
  return {
    multiplies,
    share: all === 0 ? 0 : multiplies / all,
    arithmetic: count('arithmetic'),
    shared: count('shared'),
    memory: count('memory'),
    scratch: count('scratch'),
    all,
  }
}

/** The mix of the loop with the most multiply-adds of its own; undefined where no loop has any. */
export function hotLoop(code: Code): Mix | undefined {
  const mixes = allLoops(code.loops).map(loop => mixOf(ownInstructions(code, loop)))
  const hottest = mixes.reduce<Mix | undefined>(
    (best, mix) => (mix.multiplies > (best?.multiplies ?? 0) ? mix : best),
    undefined,
  )
  return hottest
}
