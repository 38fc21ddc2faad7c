import { conv2dMerge } from '../../src/kernels/conv2d_merge.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { type Conv2dMergeCase, conv2dMergeOf } from '../cases/conv2d_merge.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dMerge as reference } from '../reference/conv2d_merge.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function conv2dMergeRun(test: Conv2dMergeCase): KernelRun {
  const operands = conv2dMergeOf(test)
  const { shape, splits, residual, activation, name: label } = test
  const [n, h, w, outChannels] = shape
  const { bias } = operands
  return {
    // Of a 1×1: all that matters of the convolution is what it makes.
    kernel: conv2dMerge({
      ...{ label, input: [n, h, w, 1], outChannels, kernel: [1, 1], stride: 1, dilation: 1 },
      padding: symmetric(0),
      bias: test.bias,
      ...{ residual, activation, splits },
    }),
    data: {
      partials: Float32Array.from(operands.partials.flatMap(partial => [...toGpu(partial)])),
      bias: toGpu({ shape: [bias.length / outChannels, 1, 1, outChannels], data: bias }),
      ...(operands.residual && { residual: toGpu(operands.residual) }),
    },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, { shape, rtol: tolerance(splits) }),
  }
}
