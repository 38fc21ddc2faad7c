import { UserError } from '../../errors.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableRules } from './definition.ts'
import { gradientOfInput } from './tape.ts'

/** The larger of two values, value by value. */
export type MaximumOp = OpOf<'maximum', { a: Tensor; b: Tensor }>

/** Throws a UserError where the shapes differ. */
export function maximumShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  a: Tensor,
  b: Tensor,
  { name }: { name: string },
): MaximumOp {
  if (a.shape.some((size, axis) => size !== b.shape[axis]))
    throw new UserError(`maximum: [${a.shape}] and [${b.shape}] differ (${name})`)
  const output = scope.tensor(name, a.shape)
  return { kind: 'maximum', name: output.name, inputs: { a, b }, output }
}

export const maximumRules: DifferentiableRules<MaximumOp, MaximumBackwardOp> = {
  band: pixelwise,
  gradient(op, gradient, tape) {
    const { a, b } = op.inputs
    for (const [input, other] of [
      [a, b],
      [b, a],
    ]) {
      if (!tape.wants(input)) continue
      const output = gradientOfInput(input, op)
      const inputs = { input, other, gradient }
      tape.add(input, tape.emit({ kind: 'maximumBackward', name: output.name, inputs, output }))
    }
  },
}

export type MaximumBackwardOp = OpOf<'maximumBackward', { input: Tensor; other: Tensor; gradient: Tensor }>
