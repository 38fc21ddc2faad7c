import { maxPool } from '../../kernels/pooling/max_pool.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { MaxPoolOp } from './max_pool.ts'

export const maxPoolLowering: LoweredOp<MaxPoolOp> = {
  lower(op, { target }) {
    const { input } = op.inputs
    const kernel = maxPool({ ...op, label: op.name, input: input.shape, onGpu: !target.device.isCpu })
    return oneStep(op, kernel, { input, output: op.output })
  },
}
