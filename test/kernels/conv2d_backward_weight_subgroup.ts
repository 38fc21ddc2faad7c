import { conv2dBackwardWeightSubgroup } from '../../src/kernels/conv2d_backward_weight_subgroup.ts'
import type { KernelCases, KernelSuite } from '../support/kernel_suite.ts'
import { throughTextures } from '../support/through_textures.ts'
import { conv2dBackwardWeightRun } from './conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, cases } from './shared/conv2d_backward_cases.ts'

const all: KernelCases<Conv2dBackwardCase> = {
  cases,
  run: (test, { subgroupSize = 0 }) =>
    conv2dBackwardWeightRun(test, options => conv2dBackwardWeightSubgroup({ ...options, subgroupSize })),
}

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_weight_subgroup',
  needs: 'subgroups',
  ...all,
  variants: throughTextures(all, ['input', 'output_gradient']),
}
