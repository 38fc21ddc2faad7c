import { winogradMultiply } from '../../src/kernels/winograd/winograd_multiply_subgroup.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { casesWithAnswer, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { winogradProductRun } from './shared/winograd_product.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_multiply',
  needs: 'subgroups',
  cases: casesWithAnswer(2),
  run: (test, { subgroupSize = 0 }) =>
    winogradProductRun(test, winogradMultiply({ ...winogradOptions(test), subgroupSize })),
}
