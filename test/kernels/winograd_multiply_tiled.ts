import { winogradMultiplyTiled } from '../../src/kernels/winograd/winograd_multiply.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { casesWithAnswer, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { winogradProductRun } from './shared/winograd_product.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_multiply_tiled',
  cases: casesWithAnswer(2),
  run: test => winogradProductRun(test, winogradMultiplyTiled(winogradOptions(test)), 'by row'),
}
