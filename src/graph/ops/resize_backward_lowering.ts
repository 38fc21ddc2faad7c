import { resizeBackward } from '../../kernels/resizing/resize_backward.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { ResizeBackwardOp } from './resize.ts'

export const resizeBackwardLowering: LoweredOp<ResizeBackwardOp> = {
  lower(op) {
    const { gradient } = op.inputs
    const [, height, width] = gradient.shape
    const { alignCorners } = op
    const kernel = resizeBackward({ label: op.name, input: op.output.shape, height, width, alignCorners })
    return oneStep(op, kernel, { output_gradient: gradient, input_gradient: op.output })
  },
}
