import { conv2dBackwardWeightSubgroup } from '../../src/kernels/convolution/conv2d_backward_weight.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { conv2dBackwardWeightRun } from './conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, cases } from './shared/conv2d_backward_cases.ts'

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_weight_subgroup',
  needs: 'subgroups',
  cases,
  run: (test, { subgroupSize = 0 }) =>
    conv2dBackwardWeightRun(test, options => conv2dBackwardWeightSubgroup({ ...options, subgroupSize })),
}
