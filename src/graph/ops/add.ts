import { UserError } from '../../errors.ts'
import type { Activation } from '../../kernels/elementwise/activation.ts'
import { add } from '../../kernels/elementwise/add.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { type ActivationBackwardOp, activationGradient } from './activation.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableOp } from './definition.ts'

export type AddOp = OpOf<'add', { a: Tensor; b: Tensor }>
export type FoldedAddOp = AddOp & { activation: Activation }

/** Throws a UserError where the shapes differ. */
export function addShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  a: Tensor,
  b: Tensor,
  { name }: { name: string },
): AddOp {
  if (a.shape.some((size, axis) => size !== b.shape[axis]))
    throw new UserError(`add: [${a.shape}] and [${b.shape}] differ (${name})`)
  const output = scope.tensor(name, a.shape)
  return { kind: 'add', name: output.name, inputs: { a, b }, output }
}

export const addOp: DifferentiableOp<FoldedAddOp, ActivationBackwardOp> = {
  lower(op) {
    const kernel = add({ label: op.name, shape: op.output.shape, activation: op.activation })
    return oneStep(op, kernel, { a: op.inputs.a, b: op.inputs.b, output: op.output })
  },
  band: pixelwise,
  gradient(op, outer, tape) {
    const gradient = activationGradient(op, outer, tape)
    for (const input of [op.inputs.a, op.inputs.b]) if (tape.wants(input)) tape.add(input, gradient)
  },
}
