import { activationBackward } from '../../kernels/elementwise/activation_backward.ts'
import { oneStep } from '../lower/step.ts'
import type { ActivationBackwardOp } from './activation.ts'
import type { LoweredOp } from './definition.ts'

export const activationBackwardLowering: LoweredOp<ActivationBackwardOp> = {
  lower(op) {
    const { gradient, activated } = op.inputs
    const kernel = activationBackward({ label: op.name, shape: op.output.shape, activation: op.activation })
    const named = { output_gradient: gradient, output: activated, input_gradient: op.output }
    return oneStep(op, kernel, named)
  },
}
