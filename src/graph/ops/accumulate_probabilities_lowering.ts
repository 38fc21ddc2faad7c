import { accumulateProbabilities } from '../../kernels/resizing/accumulate_probabilities.ts'
import { oneStep } from '../lower/step.ts'
import type { AccumulateProbabilitiesOp } from './accumulate_probabilities.ts'
import { resamplingOptions } from './band.ts'
import type { LoweredOp } from './definition.ts'

export const accumulateProbabilitiesLowering: LoweredOp<AccumulateProbabilitiesOp> = {
  lower(op) {
    const { logits } = op.inputs
    const { share: weight, flip, first, alignCorners } = op
    const size = { label: op.name, input: logits.shape, ...resamplingOptions(op) }
    const kernel = accumulateProbabilities({ ...size, weight, flip, first, alignCorners })
    return oneStep(op, kernel, { logits, accumulator: op.output })
  },
}
