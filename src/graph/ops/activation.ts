import { type Activation, activation } from '../../kernels/elementwise/activation.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableOp } from './definition.ts'
import type { TapeOf } from './tape.ts'

export type ActivationOp = OpOf<'activation', { input: Tensor }> & { activation: Activation }

export function activationShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  activation: Activation,
): ActivationOp {
  const output = scope.tensor(`${scope.localName(input)}.${activation}`, input.shape)
  return { kind: 'activation', name: output.name, inputs: { input }, activation, output }
}

export const activationOp: DifferentiableOp<ActivationOp, ActivationBackwardOp> = {
  lower(op) {
    const kernel = activation({ label: op.name, shape: op.output.shape, activation: op.activation })
    return oneStep(op, kernel, { input: op.inputs.input, output: op.output })
  },
  band: pixelwise,
  gradient(op, gradient, tape) {
    tape.add(op.inputs.input, activationGradient(op, gradient, tape))
  },
}

export type ActivationBackwardOp = OpOf<'activationBackward', { gradient: Tensor; activated: Tensor }> & {
  activation: Exclude<Activation, 'none'>
}

/** The gradient of what an op computes before its activation. */
export function activationGradient(
  op: AnyOp & { activation: Activation },
  gradient: Tensor,
  tape: TapeOf<ActivationBackwardOp>,
): Tensor {
  if (op.activation === 'none') return gradient
  const name = `${op.name}.activation gradient`
  return tape.emit({
    kind: 'activationBackward',
    name,
    inputs: { gradient, activated: op.output },
    activation: op.activation,
    output: { ...gradient, name },
  })
}
