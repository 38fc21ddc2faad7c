import { softmax } from '../../kernels/elementwise/softmax.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { SoftmaxOp } from './softmax.ts'

export const softmaxLowering: LoweredOp<SoftmaxOp> = {
  lower(op) {
    const kernel = softmax({ label: op.name, shape: op.output.shape })
    return oneStep(op, kernel, { input: op.inputs.input, output: op.output })
  },
}
