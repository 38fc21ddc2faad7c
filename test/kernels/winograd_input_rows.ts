import { winogradInputRows } from '../../src/kernels/winograd/winograd_input_rows.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { inputRun } from './winograd_input.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_input_rows',
  cases,
  run: test => inputRun(test, winogradInputRows(winogradOptions(test)), 'by row'),
}
