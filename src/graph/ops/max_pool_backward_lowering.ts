import { maxPoolBackward, maxPoolWinners } from '../../kernels/pooling/max_pool_backward.ts'
import { oneStep, scratch } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import type { MaxPoolBackwardOp } from './max_pool.ts'

export const maxPoolBackwardLowering: LoweredOp<MaxPoolBackwardOp> = {
  lower(op) {
    const { input, gradient } = op.inputs
    const options = { ...op, label: op.name, input: input.shape }
    const winning = maxPoolWinners(options)
    const winners = scratch(op, winning.outputs.winners)
    return [
      ...oneStep(op, winning, { input, winners }),
      ...oneStep(op, maxPoolBackward(options), {
        winners,
        output_gradient: gradient,
        input_gradient: op.output,
      }),
    ]
  },
}
