import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import type { DifferentiableRules } from './definition.ts'
import { gradientOfInput } from './tape.ts'

/** Zeroes a share `p` of the values, others for every `step` (u32) and `seed`, and divides the rest by 1 − p. */
export type DropoutOp = OpOf<'dropout', { input: Tensor; step: Tensor }> & { p: number; seed: number }

export function dropoutShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name, p, seed, step }: { name: string; p: number; seed: number; step: Tensor },
): DropoutOp {
  const output = scope.tensor(name, input.shape)
  return { kind: 'dropout', name: output.name, inputs: { input, step }, p, seed, output }
}

export const dropoutRules: DifferentiableRules<DropoutOp, DropoutOp> = {
  /** The mask is the same, and so is the op. */
  gradient(op, gradient, tape) {
    const { input, step } = op.inputs
    const output = gradientOfInput(input, op)
    tape.add(input, tape.emit({ ...op, name: output.name, inputs: { input: gradient, step }, output }))
  },
}
