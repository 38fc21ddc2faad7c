// AMD's assembly, as radv's compiler ACO leaves it: disassembled by LLVM or, of GPUs that LLVM does not know, ACO's own print.
//
//   v_fmac_f32_e32 v12, v3, v40                           ; 56185103           LLVM's
//    v1: %476:v[182] = v_fma_f32 4.0, %400:v[166], v[178]                      ACO's: what is written stands before the `=`

import type { Generation, GpuModel } from './gpus.ts'
import { type Instruction, type Kind, type Lines, type Listing, type Program, withLoops } from './program.ts'

export function amdProgram(
  { subgroup: wave, stats, assembly }: Listing,
  { generation, gpu, lanes }: { generation: Generation; gpu: GpuModel; lanes: number },
): Program {
  const stat = (name: string) => stats.get(name) ?? 0
  const shared = stat('LDS size')
  const spills = stat('Spilled VGPRs') + stat('Spilled SGPRs')
  const registers = stat('VGPRs')
  return {
    ...withLoops(parseAmd(assembly, { wave, generation })),
    ...{ wave, registers, spills, fills: spills, shared },
    scratch: stat('Scratch size'),
    waves:
      generation === 12
        ? wavesOfRdna4({ registers, wave, shared, lanes }, gpu)
        : stat('Subgroups per SIMD') / (wave / 32), // radv counts as if all waves had 32 lanes
    size: stat('Instructions'),
  }
}

/** radv's null device has too few registers for this generation: 1536 of 32 lanes in a SIMD, in blocks of 24. */
function wavesOfRdna4(
  { registers, wave, shared, lanes }: { registers: number; wave: number; shared: number; lanes: number },
  { waves, engines, sharedMemory }: GpuModel,
): number {
  const block = wave === 64 ? 12 : 24
  const byRegisters = Math.floor(1536 / (wave / 32) / Math.max(block, Math.ceil(registers / block) * block))
  const groups = shared > 0 ? Math.floor(sharedMemory / shared) : Infinity
  return Math.min(waves, byRegisters, Math.ceil((groups * Math.ceil(lanes / wave)) / engines))
}

interface AmdTarget {
  wave: number
  generation: Generation
}

export function parseAmd(assembly: string, target: AmdTarget): Lines {
  const instructions: Instruction[] = []
  const labels = new Map<string, number>()
  const jumps: Lines['jumps'] = []
  for (const line of assembly.split('\n')) {
    const label = /^(BB\d+):?\s*$/.exec(line)?.[1]
    if (label) labels.set(label, instructions.length)
    const text = /^\t\s*(.*?)\s*(;.*)?$/.exec(line)?.[1]
    const match = text && /^(?:(.*) = )?((?:v|s|ds|buffer|global|scratch|flat|image)_\w+)\s*(.*)$/.exec(text)
    if (!match) continue
    const [, written, op, rest] = match
    // ACO's print: the result comes first, as in LLVM's.
    const operands = written === undefined ? rest : `${written.split(' ').at(-1)}, ${rest}`
    const instruction = instructionOf(op, operands, target)
    const to = /BB\d+/.exec(rest)?.[0]
    if (instruction.kind === 'branch' && to) jumps.push({ from: instructions.length, to })
    instructions.push(instruction)
  }
  return { instructions, labels, jumps }
}

const MULTIPLY_ADD =
  /^v_(dual_)?(fma|fmac|mac|mad|fmaak|fmamk|madak|madmk|fma_mix\w*|mad_mix\w*)_?(legacy_)?(f32|f16|$)/
const PACKED = /^v_pk_(fma|fmac|mad)_f(16|32)/
const MATRIX = /^v_(wmma|swmmac|mfma)/
const QUARTER = /^v_((rcp|rsq|exp|log|sin|cos|sqrt)_|mul_lo_u32|mul_hi_[ui]32|mad_[ui]64_[ui]32)/
/** What RDNA 3 and 4 issue in one cycle for 64 lanes, as ACO's `is_dual_issue_capable` has it, in short. */
const DOUBLE =
  /^v_((fma|fmac|fmaak|fmamk|mul|add|sub|subrev|max|min|cndmask)_(f32|f16|b32|b16)|mov_b(32|16)|dot2)/

function instructionOf(op: string, operands: string, { wave, generation }: AmdTarget): Instruction {
  const kind = kindOf(op)
  const macs = MATRIX.test(op)
    ? (16 * 16 * 16) / wave
    : PACKED.test(op)
      ? 2
      : [op, ...operands.split('::').slice(1)].filter(part => MULTIPLY_ADD.test(part.trim())).length
  const bytes = kind === 'shared' || kind === 'memory' || kind === 'scratch' ? widthOf(op) * wave : 0
  return { op, operands, kind, macs, bytes, cycles: cyclesOf(op, { kind, wave, generation }) }
}

function kindOf(op: string): Kind {
  if (op.startsWith('v_')) return 'arithmetic'
  if (op.startsWith('ds_')) return 'shared'
  if (op.startsWith('scratch_')) return 'scratch'
  if (/^(buffer|global|flat|image)_/.test(op)) return 'memory'
  if (/^s_(c?branch|setpc|call)/.test(op)) return 'branch'
  if (/^s_(waitcnt|wait_\w*cnt\w*)$/.test(op)) return 'wait'
  if (/^s_(wait|delay_alu|nop|clause|barrier|endpgm|sendmsg|code_end|set_inst|setprio|sleep)/.test(op))
    return 'other'
  return 'scalar'
}

/** Bytes of a lane, by the name: `b128`, `dwordx4`, `2addr_b64`. */
function widthOf(op: string): number {
  const dwords = /dword(?:x(\d))?/.exec(op)
  if (dwords) return 4 * Number(dwords[1] ?? 1)
  const bits = Number(/_[buif](\d+)/.exec(op)?.[1] ?? 32)
  return (bits / 8) * (/_2addr_|(read|write|load|store)2/.test(op) ? 2 : 1)
}

function cyclesOf(op: string, { kind, wave, generation }: AmdTarget & { kind: Kind }): number {
  if (kind === 'other' || kind === 'wait') return 0
  if (kind !== 'arithmetic') return 1
  const passes = wave / 32
  if (MATRIX.test(op)) return generation < 12 ? 32 : 16
  if (QUARTER.test(op)) return 4 * passes
  return generation >= 11 && DOUBLE.test(op) ? 1 : passes
}
