import { globalAveragePoolBackward } from '../../src/kernels/global_average_pool_backward.ts'
import type { GlobalAveragePoolCase } from '../cases/global_average_pool.ts'
import { globalAveragePoolBackwardOf } from '../cases/global_average_pool_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { globalAveragePoolBackward as reference } from '../reference/global_average_pool_backward.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function globalAveragePoolBackwardRun(test: GlobalAveragePoolCase): KernelRun {
  const operands = globalAveragePoolBackwardOf(test)
  const { name: label, input: shape } = test
  return {
    kernel: globalAveragePoolBackward({ label, input: shape }),
    data: { output_gradient: toGpu(operands.outputGradient) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), reference(operands).data, {
        shape,
        atol: 0,
        rtol: tolerance(1),
      }),
  }
}
