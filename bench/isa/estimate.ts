// A static estimate of a dispatch's time. It is a model: good for comparing two builds of one kernel and for finding what binds it.
//
// Each wave's instructions are counted by the turns of its loops; both sides of an `if` count. What a processor does in parallel
// (arithmetic, workgroup memory, first cache, scalar instructions) takes as long as the slowest of them. While few waves are there,
// it takes as long as one of them alone. In all, a kernel takes no less than the memory takes to move its bytes. What lies between:
// caches beyond the first, conflicts of banks, clocks that drop, and the time to launch (3 to 5 µs) are not in it.

import { AmdWave } from './amd_wave.ts'
import { type GpuModel, peakOf, type TimedGpu } from './gpus.ts'
import { IntelWave, pipeOf } from './intel_wave.ts'
import type { Instruction, Loop, Program } from './program.ts'
import { cyclesAlone } from './wave.ts'

/** What bounds a dispatch. */
export type Bound = 'arithmetic' | 'shared' | 'cache' | 'scalar' | 'latency' | 'memory'

interface Estimate {
  seconds: number
  /** The least that the GPU's peak and its memory allow, in seconds. */
  roofline: number
  bound: Bound
  /** Multiply-adds that are done, with those past the ends of the map and of the channels. */
  macs: number
}

export interface Dispatch {
  workgroups: number
  /** Invocations of a workgroup. */
  lanes: number
  /** Multiply-adds that are asked for. */
  macs: number
  /** That it moves at least. Default: what its instructions load and store. */
  bytes?: number
  turns: ReadonlyMap<Loop, number>
}

export function estimate(program: Program, gpu: TimedGpu, dispatch: Dispatch): Estimate {
  const { workgroups, lanes, macs, turns } = dispatch
  const busy = busyCycles(program, gpu, turns)
  const wave = gpu.maker === 'AMD' ? new AmdWave(gpu, gpu.generation) : new IntelWave(gpu)
  const alone = cyclesAlone(program, turns, wave)
  const waves = workgroups * Math.ceil(lanes / program.wave)
  const each = Math.ceil(waves / (gpu.units * gpu.engines))
  const atOnce = Math.min(each, Math.max(1, program.waves))
  const [[slowest, work]] = Object.entries(busy.cycles).sort(([, a], [, b]) => b - a) as [[Bound, number]]
  const rest = each % atOnce
  const cycles =
    Math.floor(each / atOnce) * Math.max(alone, atOnce * work) + (rest > 0 ? Math.max(alone, rest * work) : 0)
  const seconds = cycles / gpu.gigahertz / 1e9
  const moving = (dispatch.bytes ?? busy.bytes * waves) / gpu.bandwidth / 1e9
  const bound = moving > seconds ? 'memory' : alone > atOnce * work ? 'latency' : slowest
  const roofline = Math.max(macs / peakOf(gpu), moving)
  return { seconds: Math.max(seconds, moving), roofline, bound, macs: busy.macs * waves }
}

/** The cycles in which one wave keeps each part of its engine busy, or its share of a part that several engines have. */
function busyCycles(program: Program, gpu: TimedGpu, turns: ReadonlyMap<Loop, number>) {
  const cycles = { arithmetic: 0, shared: 0, cache: 0, scalar: 0 }
  const pipes = { F: 0, I: 0, L: 0 }
  let [macs, bytes] = [0, 0]
  for (const [instruction, times] of withTimes(program, turns)) {
    const { kind } = instruction
    macs += times * instruction.macs * program.wave
    if (kind === 'arithmetic') {
      cycles.arithmetic += times * instruction.cycles
      if (gpu.maker === 'Intel') pipes[pipeOf(instruction)] += times * instruction.cycles
    } else if (kind === 'shared')
      cycles.shared += times * portCycles(instruction, gpu.sharedBytes) * gpu.engines
    else if (kind === 'memory' || kind === 'scratch') {
      bytes += times * instruction.bytes
      cycles.cache += times * portCycles(instruction, gpu.cacheBytes) * gpu.engines
    } else cycles.scalar += times * instruction.cycles
  }
  if (gpu.maker === 'Intel' && gpu.twoPipes) cycles.arithmetic = Math.max(pipes.F, pipes.I + pipes.L)
  return { cycles, macs, bytes }
}

const portCycles = ({ bytes }: Instruction, port: GpuModel['cacheBytes']) => Math.max(1, bytes / port)

/** Each instruction with how often it is run. */
function* withTimes(
  { instructions, loops }: Program,
  turns: ReadonlyMap<Loop, number>,
): Generator<[Instruction, number]> {
  function* within({ start, end, loops }: Loop, times: number): Generator<[Instruction, number]> {
    let at = start
    for (const loop of loops) {
      for (; at < loop.start; at++) yield [instructions[at], times]
      yield* within(loop, times * (turns.get(loop) ?? 1))
      at = loop.end
    }
    for (; at < end; at++) yield [instructions[at], times]
  }
  yield* within({ start: 0, end: instructions.length, loops }, 1)
}
