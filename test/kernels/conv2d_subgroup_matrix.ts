import { conv2dSubgroupMatrix, MATRIX_LANES } from '../../src/kernels/convolution/conv2d_subgroup_matrix.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { conv2dRun } from './conv2d.ts'
import { type Conv2dCase, cases } from './shared/conv2d_cases.ts'

export const suite: KernelSuite<Conv2dCase> = {
  shader: 'conv2d_subgroup_matrix',
  needs: 'matrices',
  cases,
  run: (test, { subgroupSize = MATRIX_LANES, subgroupMatrix = { m: 0, n: 0, k: 0 } }) =>
    conv2dRun(test, {
      variant: options => conv2dSubgroupMatrix({ ...options, subgroupSize, subgroupMatrix }),
      asFloat16: true,
    }),
}
