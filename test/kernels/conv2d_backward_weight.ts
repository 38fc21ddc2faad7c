import type { Kernel } from '../../src/gpu/kernel.ts'
import {
  type Conv2dBackwardWeightOptions,
  conv2dBackwardWeight,
} from '../../src/kernels/conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, conv2dBackwardOf } from '../cases/conv2d_backward.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import type { Conv2dBackward } from '../reference/conv2d_backward_input.ts'
import {
  conv2dBackwardWeightAt,
  conv2dBackwardWeight as reference,
} from '../reference/conv2d_backward_weight.ts'
import { sampleIndices } from '../reference/random.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { addPartials } from '../support/partial_sums.ts'

/** `variant` makes the kernel: `conv2dBackwardWeight`, unless another is to be run. */
export function conv2dBackwardWeightRun(
  test: Conv2dBackwardCase,
  variant: (options: Conv2dBackwardWeightOptions) => Kernel = conv2dBackwardWeight,
): KernelRun {
  const operands = conv2dBackwardOf(test, 'weight')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, outChannels, kernel, stride, dilation } = test
  return {
    kernel: variant({ label, input: input.shape, outChannels, kernel, stride, dilation, padding }),
    data: { input: toGpu(input), output_gradient: toGpu(outputGradient) },
    check: ({ partials }) =>
      expectWeightGradient(test, operands, addPartials(partials, weight.shape, { depthwise: false })),
  }
}

/** Compares the whole gradient, or of a heavy case a sample. */
export function expectWeightGradient(
  test: Conv2dBackwardCase,
  operands: Conv2dBackward,
  actual: Float32Array,
): void {
  const { shape } = operands.weight
  const [n, h, w] = operands.outputGradient.shape
  const rtol = tolerance(n * h * w)
  if (!test.spotCheck) {
    expectClose(actual, reference(operands).data, { shape, rtol })
    return
  }
  const indices = sampleIndices(256, sizeOf(shape), test.seed)
  const expected = Float64Array.from(indices, index =>
    conv2dBackwardWeightAt(operands, placeOf(shape, index)),
  )
  expectClose(actual, expected, { shape, rtol, indices })
}
