// One thread of an Intel GPU by itself, in order. Each instruction says what it waits for (Mesa's software scoreboard): `F@2`, the last
// but one of the float pipe; `$3.dst`, the result of what has `$3`; `$3.src`, only that it has read its registers.

import type { GpuModel } from './gpus.ts'
import type { Instruction } from './program.ts'
import type { Wave } from './wave.ts'

/** Cycles until a result may be read, and until a message has read its registers: assumed. */
const PIPE_LATENCY = 8
const FUNCTION_LATENCY = 16
const READ_CYCLES = 20
const PIPE_DEPTH = 8

/** The pipe that computes an instruction: floats, integers (also moves of their types), 64 bits. */
export function pipeOf({ operands }: Instruction): 'F' | 'I' | 'L' {
  const type = /^\S*>(\w+)/.exec(operands)?.[1] ?? ''
  return /^(F|HF|BF)$/.test(type) ? 'F' : /^(U?Q|DF)$/.test(type) ? 'L' : 'I'
}

export class IntelWave implements Wave {
  time = 0
  readonly #gpu: GpuModel
  /** By a token's number: when its registers are read, and when its result is there. */
  readonly #tokens = new Map<string, { src: number; dst: number }>()
  /** When the last instructions of each pipe, and of all of them, are done; the newest last. */
  readonly #done: Record<'F' | 'I' | 'L' | 'A', number[]> = { F: [], I: [], L: [], A: [] }

  constructor(gpu: GpuModel) {
    this.#gpu = gpu
  }

  issue(instruction: Instruction): void {
    const { op, operands, kind, cycles, bytes } = instruction
    const waits = /\{([^}]*)\}\s*;?\s*$/.exec(operands)?.[1] ?? ''
    const pipe = pipeOf(instruction)
    for (const [, name, distance] of waits.matchAll(/([FILA]?)@(\d)/g))
      this.#until(this.#done[(name || (kind === 'arithmetic' ? pipe : 'A')) as 'A'].at(-Number(distance)))
    for (const [, token, side] of waits.matchAll(/\$(\d+)\.(src|dst)/g))
      this.#until(this.#tokens.get(token)?.[side as 'src' | 'dst'])
    if (op === 'sync' && /^all(wr|rd)/.test(operands))
      for (const { dst } of this.#tokens.values()) this.#until(dst)
    const start = this.time
    this.time += cycles
    const own = /\$(\d+)(?!\.|\d)/.exec(waits)?.[1]
    if (own) this.#tokens.set(own, { src: start + READ_CYCLES, dst: start + this.#latencyOf(kind, bytes) })
    if (kind === 'arithmetic')
      for (const each of [pipe, 'A'] as const) this.#note(each, this.time + PIPE_LATENCY)
  }

  skip(cycles: number): void {
    this.time += cycles
    for (const token of this.#tokens.values()) {
      token.src += cycles
      token.dst += cycles
    }
    for (const times of Object.values(this.#done)) for (const i of times.keys()) times[i] += cycles
  }

  #latencyOf(kind: Instruction['kind'], bytes: number): number {
    const { latency, sharedBytes, cacheBytes } = this.#gpu
    if (kind === 'shared') return latency.shared + bytes / sharedBytes
    if (kind === 'scratch') return latency.cache + bytes / cacheBytes
    if (kind === 'memory') return latency.memory + bytes / cacheBytes
    return FUNCTION_LATENCY
  }

  #until(time = 0): void {
    this.time = Math.max(this.time, time)
  }

  #note(pipe: 'F' | 'I' | 'L' | 'A', time: number): void {
    const times = this.#done[pipe]
    times.push(time)
    if (times.length > PIPE_DEPTH) times.shift()
  }
}
