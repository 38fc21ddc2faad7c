import { batchNorm } from '../../src/kernels/batch_norm.ts'
import { type BatchNormCase, batchNormOf } from '../cases/batch_norm.ts'
import { batchNorm as reference } from '../reference/batch_norm.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function batchNormRun(test: BatchNormCase): KernelRun {
  const operands = batchNormOf(test)
  const { name: label, input: shape, epsilon, activation } = test
  return {
    kernel: batchNorm({ label, input: shape, epsilon, activation }),
    data: {
      input: toGpu(operands.input),
      gamma: Float32Array.from(operands.gamma),
      beta: Float32Array.from(operands.beta),
      mean: Float32Array.from(operands.mean),
      variance: Float32Array.from(operands.variance),
    },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, rtol: tolerance(1) }),
  }
}
