import type { Kernel } from '../../src/gpu/kernel.ts'
import { winogradOutput } from '../../src/kernels/winograd/winograd_output.ts'
import { zeros } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { conv2dShape } from '../reference/conv2d.ts'
import { randomValues } from '../reference/random.ts'
import { winogradOutput as reference } from '../reference/winograd.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  type Layout,
  laid,
  type WinogradCase,
  winogradOperands,
  winogradOptions,
  winogradSizes,
} from './shared/winograd.ts'

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_output',
  cases,
  run: test => outputRun(test, winogradOutput(winogradOptions(test))),
}

export function outputRun(test: WinogradCase, kernel: Kernel, layout: Layout = 'by vector'): KernelRun {
  const { conv, tiles } = winogradOperands(test)
  const { points, outChannels } = winogradSizes(test)
  const rows = tiles.length
  const products = randomValues(points * rows * outChannels, test.seed + 7)
  const bias = conv.imageBias ?? conv.bias ?? new Float64Array(outChannels)
  const biasShape = [bias.length / outChannels, 1, 1, outChannels] as const
  const inPlace = test.residual === 'in place'
  // What the output holds before is the residual, or has to stay where none of the case's tiles is.
  const before = inPlace ? conv.residual! : zeros(conv2dShape(conv))
  const expected = () => {
    const { shape, data } = reference(conv, test.outputs, { tiles, products })
    return { shape, data: data.map((value, i) => (Number.isNaN(value) ? before.data[i] : value)) }
  }
  return {
    kernel,
    data: {
      products: laid(products, { points, rows, channels: outChannels }, layout),
      bias: toGpu({ shape: biasShape, data: bias }),
      ...(test.residual === true && { residual: toGpu(conv.residual!) }),
      ...((inPlace || test.range) && { output: toGpu(before) }),
    },
    expected: { output: activations(expected, { rtol: tolerance(points) }) },
  }
}
