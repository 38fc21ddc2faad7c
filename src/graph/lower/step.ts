// One kernel of a plan, and what each of its buffers holds.

import { storedAsFloat16 } from '../../gpu/float16_storage.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { type AnyOp, inputsOf } from '../ir/graph.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { type PackedOutput, type PackedWeights, packedAsFloat16 } from './packed_weights.ts'

/** The content of a kernel's buffer. */
export type Operand =
  | { tensor: Tensor }
  | { folded: PackedWeights; part: PackedOutput }
  | { parameter: Parameter }
  | { gradientOf: Parameter }
  /** Bytes that one step of an op leaves for the next ones, at the start of a buffer beside the arena that all ops take in turn. */
  | { workspaceBytes: number }

export interface Step {
  op: AnyOp
  kernel: Kernel
  /** By the buffer's name in the shader; a buffer that the kernel leaves unread has none. */
  operands: Record<string, Operand>
}

/** Operands that are tensors, by name; those that are undefined are left out. */
export const tensors = (named: Record<string, Tensor | undefined>): Record<string, Operand> =>
  Object.fromEntries(
    Object.entries(named).flatMap(([name, tensor]) => (tensor ? [[name, { tensor }] as const] : [])),
  )

/** The one step of an op whose kernel works on tensors alone. */
export const oneStep = (op: AnyOp, kernel: Kernel, named: Record<string, Tensor | undefined>): Step[] => [
  { op, kernel, operands: tensors(named) },
]

/** A tensor that one kernel leaves for the next: `bytes` in the arena, f32 whatever the tensors of the op are. */
export const scratch = ({ name: op }: AnyOp, bytes: number, name = 'partials'): Tensor => ({
  name: `${op}.${name}`,
  shape: [1, 1, 1, bytes / 4],
  dtype: 'f32',
})

/** Steps of an op, made for f32, in the precision in which its tensors are stored. */
export function stepsAsStored(op: AnyOp, steps: Step[]): Step[] {
  const isFloat16 = [...inputsOf(op), op.output].some(({ dtype }) => dtype === 'f16')
  return isFloat16 ? steps.map(stepAsFloat16) : steps
}

/** The same kernel over tensors and weights of f16. */
function stepAsFloat16({ op, kernel, operands }: Step): Step {
  const stored = Object.entries(operands).map(([name, operand]) => [
    name,
    'folded' in operand ? { ...operand, folded: packedAsFloat16(operand.folded) } : operand,
  ])
  return { op, kernel: storedAsFloat16(kernel), operands: Object.fromEntries(stored) }
}
