import { winogradWeightBackward } from '../../src/kernels/winograd/winograd_weight_backward.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { winogradWeightBackward as reference } from '../reference/winograd.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { packedRows } from '../support/winograd_layout.ts'
import { cases, type WinogradCase, winogradSizes } from './shared/winograd.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_weight_backward',
  cases,
  run(test) {
    const { name: label, outputs, seed } = test
    const { points, inChannels, outChannels } = winogradSizes(test)
    const sums = randomValues(points * inChannels * outChannels, seed)
    return {
      kernel: winogradWeightBackward({ label, inChannels, outChannels, outputs }),
      data: { sums: packedRows(sums, { points, inChannels, outChannels }) },
      expected: {
        weight_gradient: floats(() => reference(sums, outputs, { inChannels, outChannels }).data, {
          shape: [outChannels, inChannels, 3, 3],
          rtol: tolerance(points),
        }),
      },
    }
  },
}
