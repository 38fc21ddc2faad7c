import { crop } from '../../kernels/resizing/crop.ts'
import { oneStep } from '../lower/step.ts'
import type { CropOp } from './crop.ts'
import type { LoweredOp } from './definition.ts'

export const cropLowering: LoweredOp<CropOp> = {
  lower(op) {
    const { input } = op.inputs
    const [, height, width] = op.output.shape
    const { top, left } = op
    const kernel = crop({ label: op.name, input: input.shape, height, width, top, left })
    return oneStep(op, kernel, { input, output: op.output })
  },
}
