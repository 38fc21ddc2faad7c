import type { Kernel } from '../../src/gpu/kernel.ts'
import { winogradInput } from '../../src/kernels/winograd/winograd_input.ts'
import { tolerance } from '../reference/compare.ts'
import { matrices, winogradInput as reference } from '../reference/winograd.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  atPoints,
  cases,
  gainOf,
  type Layout,
  type WinogradCase,
  winogradOperands,
  winogradOptions,
  winogradSizes,
} from './shared/winograd.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_input',
  cases,
  run: test => inputRun(test, winogradInput(winogradOptions(test))),
}

export function inputRun(test: WinogradCase, kernel: Kernel, layout: Layout = 'by vector'): KernelRun {
  const { conv, tiles } = winogradOperands(test)
  const { points, inChannels: channels } = winogradSizes(test)
  const atol = 2e-7 * gainOf(matrices[test.outputs].input)
  const expected = () => reference(conv, test.outputs, tiles)
  return {
    kernel,
    data: { input: toGpu(conv.input) },
    expected: {
      tiles: atPoints(expected, { points, rows: tiles.length, channels, atol, rtol: tolerance(1) }, layout),
    },
  }
}
