import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'

export interface CopyOptions {
  label: string
  /** Number of vectors of four floats. */
  count: number
  /** Vectors that an invocation copies. */
  perInvocation: number
}

/** `input` → `output`, both f32 [4 · count]. For benches only: it measures the bandwidth of an adapter's memory. */
export function copy({ label, count, perInvocation }: CopyOptions): Kernel {
  const bytes = count * VECTOR_BYTES
  const stride = Math.ceil(count / perInvocation)
  return {
    label,
    shader: shaders.copy,
    params: { count, stride },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: workgroupsFor(shaders.copy, stride),
  }
}
