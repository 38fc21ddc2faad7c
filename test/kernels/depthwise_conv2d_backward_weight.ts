import type { Kernel } from '../../src/gpu/kernel.ts'
import { depthwiseConv2dBackwardWeight } from '../../src/kernels/convolution/depthwise_conv2d_backward_weight.ts'
import { placeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import type { Conv2dBackward } from '../reference/conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight as reference } from '../reference/depthwise_conv2d_backward_weight.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { addPartials, partialOf } from '../support/partial_sums.ts'
import { onlyAt } from './conv2d_backward_weight.ts'
import {
  cases,
  type DepthwiseConv2dBackwardCase,
  depthwiseConv2dBackwardOf,
  more,
} from './shared/depthwise_conv2d_backward_cases.ts'

const withSplits = [
  ...cases,
  {
    ...more,
    name: 'stride 1, 266 pixels: two splits',
    input: [1, 19, 14, 3],
    stride: 1,
    answer: true,
  } as const,
]

function depthwiseBackwardWeightRun(test: DepthwiseConv2dBackwardCase, laneRows?: number): KernelRun {
  const operands = depthwiseConv2dBackwardOf(test, 'weight')
  const { input, padding, outputGradient } = operands
  const { shape } = operands.weight
  const { name: label, kernel, stride, dilation } = test
  const [n, h, w] = outputGradient.shape
  const rtol = tolerance(n * h * w)
  const options = { label, input: input.shape, kernel, stride, dilation, padding, laneRows }
  const made = depthwiseConv2dBackwardWeight(options)
  return {
    kernel: made,
    data: { input: toGpu(input), output_gradient: toGpu(outputGradient) },
    expected: {
      partials: {
        check: partials =>
          expectClose(addPartials(partials, shape, { depthwise: true }), reference(operands).data, {
            shape,
            rtol,
          }),
        answer: () => ({ values: partialsOf(operands, made), tolerance: { rtol } }),
      },
    },
  }
}

export const suite: KernelSuite<DepthwiseConv2dBackwardCase> = {
  shader: 'depthwise_conv2d_backward_weight',
  cases: withSplits,
  run: test => depthwiseBackwardWeightRun(test),
  tiles: {
    'a row of taps for each invocation': {
      cases: withSplits,
      run: test => depthwiseBackwardWeightRun(test, 1),
    },
  },
}

/** What each split adds up: its share of the strips of rows. */
function partialsOf(operands: Conv2dBackward, { params }: Kernel): Float32Array {
  const { outputGradient } = operands
  const [n, h, w] = outputGradient.shape
  const pixels = Array.from({ length: n * h * w }, (_, pixel) => pixel)
  const splitOf = (pixel: number) => {
    const [image, y, x] = placeOf([n, h, w, 1], pixel)
    // Strips that begin next to each other make a block, in which their rows alternate.
    const block = Math.floor(y / (params.strip_rows * params.step))
    const strip = block * params.step + (y % params.step)
    return Math.floor(((image * params.strips + strip) * w + x) / params.share)
  }
  const partials = Array.from({ length: params.splits }, (_, split) => {
    const own = new Set(pixels.filter(pixel => splitOf(pixel) === split))
    return [...partialOf(reference({ ...operands, outputGradient: onlyAt(outputGradient, own) }), true)]
  })
  return Float32Array.from(partials.flat())
}
