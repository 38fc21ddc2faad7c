import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES } from './layout.ts'

export interface MultiplyAddOptions {
  label: string
  /** Vectors of four floats, one to an invocation. */
  count: number
  /** Of `STEPS` steps each. */
  rounds: number
  /** Independent vectors that an invocation keeps in registers. */
  chains: number
  factor: number
  addend: number
}

/** Steps that a driver may unroll, so that counting them costs little. */
export const STEPS = 8

/**
 * Σ x_c over the chains c, where x_c is `input` + c at first and then, rounds · STEPS times, x_c · factor + addend; `input` and
 * `output` are f32 [4 · count]. No network has it: it tells what an adapter computes at best.
 */
export function multiplyAdd(options: MultiplyAddOptions): Kernel {
  const { label, count, rounds, chains, factor, addend } = options
  const bytes = count * VECTOR_BYTES
  return {
    label,
    shader: 'multiply_add',
    consts: { CHAINS: chains, STEPS },
    params: { count, rounds, factor, addend },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: Math.ceil(count / 64),
    macs: count * 4 * chains * rounds * STEPS,
  }
}
