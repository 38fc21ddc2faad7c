// Intel's assembly, as ANV's compiler leaves it:
//
//   (+f0.0) mad(16) g100<1>F   g43<8,8,1>F   g9<8,8,1>F   g33<1,1,1>F   { align1 1H @2 $10.dst };
//   send(16)        g87UD      g89UD         nullUD       0x4220d500    a0.2<0>UD
//                               ugm MsgDesc: ( load, a32, d32, V16, transpose, … ss )  surface_state_index 0  { align1 WE_all 1N $2 };
//
// In brackets stands how many lanes an instruction is for. The braces end with what it waits for, and `$2`, by which others wait
// for it.

import type { GpuModel, IntelGpu } from './gpus.ts'
import { type Instruction, type Kind, type Lines, type Listing, type Program, withLoops } from './program.ts'

const REGISTER_BYTES = 32

export function intelProgram(
  { subgroup: wave, stats, assembly }: Listing,
  { gpu, lanes }: { gpu: IntelGpu; lanes: number },
): Program {
  const stat = (name: string) => stats.get(name) ?? 0
  const shared = stat('Workgroup Memory Size')
  return {
    ...withLoops(parseIntel(assembly, gpu)),
    wave,
    registers: stat('Max live registers'),
    spills: stat('Spill Count'),
    fills: stat('Fill Count'),
    scratch: stat('Scratch Memory Size'),
    shared,
    waves: wavesOf({ shared, threads: Math.ceil(lanes / wave) }, gpu),
    size: stat('Instruction Count'),
  }
}

/** Each thread has its registers; what bounds their number is workgroup memory. */
function wavesOf(
  { shared, threads }: { shared: number; threads: number },
  { waves, engines, sharedMemory, xe2 }: IntelGpu,
): number {
  if (shared === 0) return waves
  const groups = Math.max(1, Math.floor(sharedMemory / allocatedBytes(shared, xe2)))
  return Math.min(waves, Math.ceil((groups * threads) / engines))
}

/** Powers of two; Xe2 also has the sizes between, from 24 kB on (intel_compute_slm.c of Mesa). */
function allocatedBytes(shared: number, xe2: boolean): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(shared, 1024)))
  const between = 0.75 * power
  return xe2 && between >= 24576 && between >= shared ? between : power
}

export function parseIntel(assembly: string, { lanes }: Pick<GpuModel, 'lanes'>): Lines {
  const instructions: Instruction[] = []
  const labels = new Map<string, number>()
  const jumps: Lines['jumps'] = []
  // A message's description is a line of its own, after the instruction that sends it.
  for (const line of assembly.replace(/\n\s+(?=\S[^\n]*MsgDesc)/g, ' ').split('\n')) {
    const label = /^(LABEL\d+):/.exec(line)?.[1]
    if (label) labels.set(label, instructions.length)
    const match = /^(?:\([^)]*\)\s*)?([a-z]\w*)(?:\.[\w.]+)?(?: \w+)?\((\d+)\)\s*(.*)$/.exec(line)
    if (!match) continue
    const [, op, width, operands] = match
    const back = op === 'while' && /JIP:\s*(LABEL\d+)/.exec(operands)?.[1]
    if (back) jumps.push({ from: instructions.length, to: back })
    instructions.push(instructionOf({ op, width: Number(width), operands }, lanes))
  }
  return { instructions, labels, jumps }
}

interface Parsed {
  op: string
  width: number
  operands: string
}

const MULTIPLY_ADD = /^(mad|mac|dp4a)$/
const BRANCH = /^(if|else|endif|while|break|cont|halt|jmpi|goto|join|call|ret)$/

function instructionOf({ op, width, operands }: Parsed, lanes: number): Instruction {
  const kind = kindOf(op, operands)
  const isFloat = /^\S*>(HF|F)\b/.test(operands)
  // A product of matrices has eight steps of eight rows, each two f16 or four bytes deep.
  const macs = op === 'dpas' ? 8 * 8 * 2 : MULTIPLY_ADD.test(op) && isFloat ? 1 : 0
  const bytes = kind === 'shared' || kind === 'memory' || kind === 'scratch' ? bytesOf(operands, width) : 0
  const cycles = cyclesOf({ op, width, operands }, { kind, lanes })
  return { op, operands, kind, macs, bytes, cycles }
}

function kindOf(op: string, operands: string): Kind {
  if (op === 'sync' || op === 'nop') return 'wait'
  if (BRANCH.test(op)) return 'branch'
  if (!/^sends?c?$/.test(op)) return 'arithmetic'
  if (/gateway|thread_spawner|fence/.test(operands)) return 'other'
  // Scratch memory: a surface of its own, by `ss`, or, before DG2, blocks of the stateless surface 253.
  if (/ugm MsgDesc: .*\bss\b.*\)/.test(operands) || /(OWORD block|DWORD scatter\w+) .*bti 253/.test(operands))
    return 'scratch'
  return /slm MsgDesc|Surface = 254/.test(operands) ? 'shared' : 'memory'
}

/** What a message loads or stores. */
function bytesOf(operands: string, width: number): number {
  const block = /d(\d+)(?:u32)?, V(\d+)(, transpose)?/.exec(operands)
  if (block) return (Number(block[1]) / 8) * Number(block[2]) * (block[3] ? 1 : width)
  const [, sent = 0, loaded = 0] = /ex_mlen (\d+) rlen (\d+)/.exec(operands) ?? []
  return REGISTER_BYTES * (Number(loaded) || Number(sent))
}

function cyclesOf({ op, width, operands }: Parsed, { kind, lanes }: { kind: Kind; lanes: number }): number {
  if (kind !== 'arithmetic') return 1
  const rate = /^\S*>HF\b/.test(operands) ? 2 * lanes : lanes
  const passes = Math.max(1, width / rate)
  if (op === 'dpas') return 8
  // Assumed: a quarter of the rate for functions such as 1/x, and for a product of 32 bits by 32.
  const isWideProduct = op === 'mul' && /D\s.*D\s.*D\s/.test(operands)
  return op === 'math' || isWideProduct ? 4 * passes : passes
}
