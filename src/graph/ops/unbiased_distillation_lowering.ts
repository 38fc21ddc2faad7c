import { mergedLoss } from '../../kernels/training/softmax_cross_entropy.ts'
import { unbiasedDistillation } from '../../kernels/training/unbiased_distillation.ts'
import { oneStep, scratch } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { UnbiasedDistillationOp } from './unbiased_distillation.ts'

export const unbiasedDistillationLowering: LoweredOp<UnbiasedDistillationOp> = {
  lower(op) {
    const { logits, targets, newClasses: new_classes } = op.inputs
    const { name: label, lossWeight } = op
    const kernel = unbiasedDistillation({ label, input: logits.shape, lossWeight })
    const partials = scratch(op, kernel.outputs.partials)
    const merge = mergedLoss({ label, count: kernel.workgroups })
    return [
      ...oneStep(op, kernel, { logits, targets, new_classes, logits_gradient: op.gradient, partials }),
      ...oneStep(op, merge, { partials, loss: op.output }),
    ]
  },
}
