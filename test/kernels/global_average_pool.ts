import { globalAveragePool } from '../../src/kernels/global_average_pool.ts'
import { type GlobalAveragePoolCase, globalAveragePoolOf } from '../cases/global_average_pool.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { globalAveragePool as reference } from '../reference/global_average_pool.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function globalAveragePoolRun(test: GlobalAveragePoolCase): KernelRun {
  const input = globalAveragePoolOf(test)
  const [n, h, w, c] = input.shape
  const shape = [n, 1, 1, c] as const
  return {
    kernel: globalAveragePool({ label: test.name, input: input.shape }),
    data: { input: toGpu(input) },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(input).data, { shape, rtol: tolerance(h * w) }),
  }
}
