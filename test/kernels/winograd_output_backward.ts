import { winogradOutputBackward } from '../../src/kernels/winograd/winograd_output_backward.ts'
import { randomArray4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { conv2dShape } from '../reference/conv2d.ts'
import { matrices, winogradOutputBackward as reference, transposed } from '../reference/winograd.ts'
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
  shader: 'winograd_output_backward',
  cases,
  run(test) {
    const { conv, tiles } = winogradOperands(test)
    const { points, outChannels } = winogradSizes(test)
    const outputGradient = randomArray4(conv2dShape(conv), test.seed + 4)
    return {
      kernel: winogradOutputBackward(winogradOptions(test)),
      data: { output_gradient: toGpu(outputGradient) },
      expected: {
        gradients: atPoints(() => reference(conv, test.outputs, { tiles, outputGradient }), {
          points,
          rows: tiles.length,
          channels: outChannels,
          atol: 2e-7 * gainOf(transposed(matrices[test.outputs].output)),
          rtol: tolerance(1),
        }),
      },
    }
  },
}
