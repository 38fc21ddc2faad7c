import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES } from './layout.ts'

export interface CopyOptions {
  label: string
  /** Vectors of four floats. */
  count: number
  /** Of them to an invocation. */
  perInvocation: number
}

/** `input` → `output`, both f32 [4 · count]. No network has it: it tells what an adapter's memory gives at best. */
export function copy({ label, count, perInvocation }: CopyOptions): Kernel {
  const bytes = count * VECTOR_BYTES
  const stride = Math.ceil(count / perInvocation)
  return {
    label,
    shader: 'copy',
    params: { count, stride },
    inputs: { input: bytes },
    outputs: { output: bytes },
    workgroups: Math.ceil(stride / 64),
  }
}
