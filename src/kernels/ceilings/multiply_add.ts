import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'

export interface MultiplyAddOptions {
  label: string
  /** Number of vectors of four floats, one for each invocation. */
  count: number
  /** Each round has `STEPS` multiply-adds of each chain. */
  rounds: number
  /** Independent vectors that an invocation keeps in registers. */
  chains: number
  factor: number
  addend: number
}

/** Multiply-adds of a round. */
export const STEPS = constantOf(shaders.multiply_add, 'STEPS')

/**
 * Σ x_c over the chains c, where x_c starts as `input` + c and becomes x_c · factor + addend, rounds · STEPS times.
 * `input` and `output` are f32 [4 · count]. For benches only: it measures how fast an adapter computes.
 */
export function multiplyAdd(options: MultiplyAddOptions): Kernel {
  const { label, count, rounds, chains, factor, addend } = options
  const bytes = count * VECTOR_BYTES
  return {
    label,
    shader: shaders.multiply_add,
    constants: { CHAINS: chains },
    params: { count, rounds, factor, addend },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: workgroupsFor(shaders.multiply_add, count),
    macs: count * 4 * chains * rounds * STEPS,
  }
}
