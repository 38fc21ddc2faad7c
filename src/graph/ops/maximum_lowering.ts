import { maximum, maximumBackward } from '../../kernels/elementwise/maximum.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { MaximumBackwardOp, MaximumOp } from './maximum.ts'

export const maximumLowering: LoweredOp<MaximumOp> = {
  lower(op) {
    const kernel = maximum({ label: op.name, shape: op.output.shape })
    return oneStep(op, kernel, { a: op.inputs.a, b: op.inputs.b, output: op.output })
  },
}

export const maximumBackwardLowering: LoweredOp<MaximumBackwardOp> = {
  lower(op) {
    const { input, other, gradient } = op.inputs
    const kernel = maximumBackward({ label: op.name, shape: op.output.shape })
    const named = { a: input, b: other, output_gradient: gradient, input_gradient: op.output }
    return oneStep(op, kernel, named)
  },
}
