import { accumulateGradients } from '../../src/kernels/accumulate_gradients.ts'
import { type AccumulateGradientsCase, accumulateGradientsOf } from '../cases/accumulate_gradients.ts'
import { accumulateGradients as reference } from '../reference/accumulate_gradients.ts'
import { tolerance } from '../reference/compare.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function accumulateGradientsRun(test: AccumulateGradientsCase): KernelRun {
  const operands = accumulateGradientsOf(test)
  const { gradients, sums } = operands
  return {
    kernel: accumulateGradients({ ...test, label: test.name }),
    data: { gradients: Float32Array.from(gradients), sums: Float32Array.from(sums) },
    check: outputs => expectChannels(outputs.sums, reference(operands), tolerance(1)),
  }
}
