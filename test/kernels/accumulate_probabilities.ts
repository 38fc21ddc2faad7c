import { accumulateProbabilities } from '../../src/kernels/accumulate_probabilities.ts'
import {
  type AccumulateProbabilitiesCase,
  accumulateProbabilitiesOf,
} from '../cases/accumulate_probabilities.ts'
import { accumulateProbabilities as reference } from '../reference/accumulate_probabilities.ts'
import { zeros } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** Adds to the case's accumulator; the first view is given none. `shift` is added to every logit, to no effect but rounding. */
export function accumulateProbabilitiesRun(
  test: AccumulateProbabilitiesCase,
  { first = false, shift = 0 } = {},
): KernelRun {
  const operands = accumulateProbabilitiesOf(test)
  operands.logits.data = operands.logits.data.map(logit => Math.fround(logit + shift))
  const { shape } = operands.accumulator
  if (first) operands.accumulator = zeros(shape)
  const { name: label, logits: input, height, width, alignCorners, flip, weight } = test
  const logits = toGpu(operands.logits)
  const accumulator = toGpu(operands.accumulator)
  return {
    kernel: accumulateProbabilities({ label, input, height, width, alignCorners, flip, weight, first }),
    data: { logits, ...(!first && { accumulator }) },
    check: outputs =>
      expectClose(fromGpu(outputs.accumulator, shape), reference(operands).data, {
        shape,
        rtol: tolerance(input[3]),
      }),
  }
}
