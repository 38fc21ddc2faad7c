import { winogradOutputRows } from '../../src/kernels/winograd/winograd_output_rows.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { outputRun } from './winograd_output.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_output_rows',
  cases,
  run: test => outputRun(test, winogradOutputRows(winogradOptions(test)), 'by row'),
}
