import { dropout } from '../../kernels/elementwise/dropout.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { DropoutOp } from './dropout.ts'

export const dropoutLowering: LoweredOp<DropoutOp> = {
  lower(op) {
    const { input, step } = op.inputs
    const kernel = dropout({ label: op.name, shape: op.output.shape, p: op.p, seed: op.seed })
    return oneStep(op, kernel, { input, step, output: op.output })
  },
}
