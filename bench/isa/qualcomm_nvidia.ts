// What Turnip's compiler for Qualcomm and NVK's for NVIDIA say of a pipeline. They do not say how much workgroup memory it has, so the
// shader's text does. Instructions are counted and not read: Turnip's scheduling is not modelled, and NVK shows none.

import type { AnyGpu } from './gpus.ts'
import type { Listing, Program } from './program.ts'

const unread = { instructions: [], loops: [] }

export function qualcommProgram({ subgroup: wave, stats, assembly }: Listing, shared: number): Program {
  const stat = (name: string) => stats.get(name) ?? 0
  // `stp.u32 p[r12.w+8], r1.w, 1` stores a register at byte 8 of the lane's private memory.
  const ends = [...assembly.matchAll(/\bstp\.\w+ p\[[^+\]]+(?:\+(\d+))?\], [^,]+, (\d+)/g)].map(
    ([, offset = '0', count]) => Number(offset) + 4 * Number(count),
  )
  return {
    ...{ ...unread, wave, shared },
    registers: 4 * stat('Registers used'), // It counts vectors of four.
    spills: stat('STP Count'),
    fills: stat('LDP Count'),
    scratch: Math.max(0, ...ends) * wave,
    waves: stat('Max Waves Per Core'),
    size: stat('Instruction Count'),
  }
}

interface Workgroup {
  gpu: AnyGpu & { maker: 'NVIDIA' }
  lanes: number
  shared: number
}

export function nvidiaProgram({ subgroup: wave, stats }: Listing, workgroup: Workgroup): Program {
  const { gpu, lanes, shared } = workgroup
  const stat = (name: string) => stats.get(name) ?? 0
  const places = Math.min(gpu.workgroups, shared > 0 ? Math.floor(gpu.sharedMemory / shared) : Infinity)
  return {
    ...{ ...unread, wave, shared },
    registers: stat('Number of GPRs'),
    spills: stat('Spills to memory'), // Those to registers are of predicates and of a wave's common values.
    fills: stat('Fills from memory'),
    scratch: stat('SLM size') * wave,
    waves: Math.min(stat('Max warps/SM'), places * Math.ceil(lanes / wave)),
    size: stat('Instruction count'),
  }
}
