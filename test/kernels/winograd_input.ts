import { winogradInput } from '../../src/kernels/winograd_input.ts'
import { tolerance } from '../reference/compare.ts'
import { matrices, winogradInput as reference } from '../reference/winograd.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  atPoints,
  cases,
  gainOf,
  type WinogradCase,
  winogradOperands,
  winogradOptions,
  winogradSizes,
} from './shared/winograd.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_input',
  cases,
  run(test) {
    const { conv, tiles } = winogradOperands(test)
    const { points, inChannels } = winogradSizes(test)
    return {
      kernel: winogradInput(winogradOptions(test)),
      data: { input: toGpu(conv.input) },
      expected: {
        tiles: atPoints(() => reference(conv, test.outputs, tiles), {
          points,
          rows: tiles.length,
          channels: inChannels,
          atol: 2e-7 * gainOf(matrices[test.outputs].input),
          rtol: tolerance(1),
        }),
      },
    }
  },
}
