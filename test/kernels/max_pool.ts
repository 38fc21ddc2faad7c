import { maxPool } from '../../src/kernels/max_pool.ts'
import { type MaxPoolCase, maxPoolOf } from '../cases/max_pool.ts'
import { expectClose } from '../reference/compare.ts'
import { maxPoolShape, maxPool as reference } from '../reference/max_pool.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function maxPoolRun(test: MaxPoolCase): KernelRun {
  const operands = maxPoolOf(test)
  const { input, kernel, stride, padding } = operands
  const shape = maxPoolShape(operands)
  return {
    kernel: maxPool({ label: test.name, input: input.shape, kernel, stride, padding }),
    data: { input: toGpu(input) },
    check: ({ output }) => expectClose(fromGpu(output, shape), reference(operands).data, { shape, ...EXACT }),
  }
}
