// One wave of an AMD GPU by itself, in order: it waits for registers that are being computed, and at `s_wait…` for what it loads.

import type { Generation, GpuModel } from './gpus.ts'
import type { Instruction } from './program.ts'
import type { Wave } from './wave.ts'

/** Until another instruction may read what a vector or a scalar instruction computes: assumed, after what LLVM's models say. */
const VECTOR_LATENCY = 5
const SCALAR_LATENCY = 2
const BRANCH_CYCLES = 8

/** What is under way, by the counter that waits name. */
type Counter = 'load' | 'shared' | 'scalar'

export class AmdWave implements Wave {
  time = 0
  readonly #gpu: GpuModel
  readonly #generation: Generation
  /** When a register may be read. */
  #ready = new Map<string, number>()
  /** When each load is done, the oldest first. */
  #pending: Record<Counter, number[]> = { load: [], shared: [], scalar: [] }

  constructor(gpu: GpuModel, generation: Generation) {
    this.#gpu = gpu
    this.#generation = generation
  }

  issue(instruction: Instruction): void {
    const { kind, cycles, bytes, op } = instruction
    if (kind === 'other') return
    const { writes, reads, waits } = parsed(instruction)
    if (kind === 'wait') {
      for (const [counter, left] of waits) this.#wait(counter, left)
      return
    }
    for (const register of [...reads, ...writes])
      this.time = Math.max(this.time, this.#ready.get(register) ?? 0)
    const { latency, sharedBytes } = this.#gpu
    const start = this.time
    this.time += kind === 'branch' ? BRANCH_CYCLES : cycles
    if (kind === 'shared')
      this.#pending[this.#counterOf('shared')].push(start + latency.shared + bytes / sharedBytes)
    else if (kind === 'memory' || kind === 'scratch') {
      if (/load|sample|read/.test(op))
        this.#pending.load.push(start + (kind === 'scratch' ? latency.cache : latency.memory))
    } else if (kind === 'scalar' && /^s_(buffer_)?load/.test(op))
      this.#pending[this.#counterOf('scalar')].push(start + latency.scalar)
    else {
      const done = this.time + (kind === 'arithmetic' ? VECTOR_LATENCY - 1 : SCALAR_LATENCY - 1)
      for (const register of writes) this.#ready.set(register, done)
    }
  }

  skip(cycles: number): void {
    this.time += cycles
    for (const [register, time] of this.#ready) this.#ready.set(register, time + cycles)
    for (const times of Object.values(this.#pending)) for (const i of times.keys()) times[i] += cycles
  }

  /** Before RDNA 4, one counter is for loads from workgroup memory and for scalar ones. */
  #counterOf(counter: 'shared' | 'scalar'): Counter {
    return this.#generation < 12 ? 'shared' : counter
  }

  #wait(counter: Counter, left: number): void {
    const times = this.#pending[counter]
    while (times.length > left) this.time = Math.max(this.time, times.shift()!)
  }
}

interface Parsed {
  writes: string[]
  reads: string[]
  /** How many loads of a counter may still be under way. */
  waits: [Counter, number][]
}

const known = new WeakMap<Instruction, Parsed>()

function parsed(instruction: Instruction): Parsed {
  const found = known.get(instruction) ?? parse(instruction)
  known.set(instruction, found)
  return found
}

function parse({ op, operands, kind }: Instruction): Parsed {
  if (kind === 'wait') return { writes: [], reads: [], waits: waitsOf(op, operands) }
  const parts = operands.split('::').map(part => part.replace(/^\s*v_dual_\w+\s+/, ''))
  const writesNothing = kind === 'branch' || /store|write|^s_cmp/.test(op)
  const writes = writesNothing ? [] : parts.flatMap(part => registersOf(part.split(',')[0]))
  const reads = parts.flatMap(part => registersOf(writesNothing ? part : part.replace(/^[^,]*,/, '')))
  return { writes, reads: /fmac|_mac_/.test(operands + op) ? [...reads, ...writes] : reads, waits: [] }
}

function registersOf(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w%])([vs])(?:\[(\d+)(?:[:-](\d+))?\]|(\d+)\b)/g)]
  const registers = found.flatMap(([, file, first, last, single]) => {
    const from = Number(first ?? single)
    return Array.from({ length: Number(last ?? from) - from + 1 }, (_, i) => `${file}${from + i}`)
  })
  return /\bvcc/.test(text) ? [...registers, 'vcc'] : registers
}

function waitsOf(op: string, operands: string): [Counter, number][] {
  const named = [...operands.matchAll(/(vm|lgkm)cnt\((\d+)\)/g)].map(
    ([, counter, left]): [Counter, number] => [counter === 'vm' ? 'load' : 'shared', Number(left)],
  )
  if (op === 's_waitcnt') return named
  const left = Number(/(?:imm:)?(0x[\da-f]+|\d+)/.exec(operands)?.[1] ?? 0)
  if (op === 's_wait_loadcnt_dscnt')
    return [
      ['load', left >> 8],
      ['shared', left & 0xff],
    ]
  if (op === 's_wait_loadcnt') return [['load', left]]
  if (op === 's_wait_dscnt') return [['shared', left]]
  return op === 's_wait_kmcnt' ? [['scalar', left]] : []
}
