import { globalAveragePoolBackward } from '../../kernels/pooling/global_average_pool_backward.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { GlobalAveragePoolBackwardOp } from './global_average_pool.ts'

export const globalAveragePoolBackwardLowering: LoweredOp<GlobalAveragePoolBackwardOp> = {
  lower(op) {
    const kernel = globalAveragePoolBackward({ label: op.name, input: op.output.shape })
    return oneStep(op, kernel, { output_gradient: op.inputs.gradient, input_gradient: op.output })
  },
}
