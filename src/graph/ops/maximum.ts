import { UserError } from '../../errors.ts'
import { maximum, maximumBackward } from '../../kernels/elementwise/maximum.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableOp, OpDefinition } from './definition.ts'
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

export const maximumOp: DifferentiableOp<MaximumOp, MaximumBackwardOp> = {
  lower(op) {
    const kernel = maximum({ label: op.name, shape: op.output.shape })
    return oneStep(op, kernel, { a: op.inputs.a, b: op.inputs.b, output: op.output })
  },
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

export const maximumBackwardOp: OpDefinition<MaximumBackwardOp> = {
  lower(op) {
    const { input, other, gradient } = op.inputs
    const kernel = maximumBackward({ label: op.name, shape: op.output.shape })
    const named = { a: input, b: other, output_gradient: gradient, input_gradient: op.output }
    return oneStep(op, kernel, named)
  },
}
