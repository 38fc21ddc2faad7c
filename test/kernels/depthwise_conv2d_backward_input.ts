import { depthwiseConv2dBackwardInput } from '../../src/kernels/convolution/depthwise_conv2d_backward_input.ts'
import { tolerance } from '../reference/compare.ts'
import { depthwiseConv2dBackwardInput as reference } from '../reference/depthwise_conv2d_backward_input.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { packWeight } from '../support/pack_weight.ts'
import {
  cases,
  type DepthwiseConv2dBackwardCase,
  depthwiseConv2dBackwardOf,
} from './shared/depthwise_conv2d_backward_cases.ts'

function depthwiseBackwardInputRun(test: DepthwiseConv2dBackwardCase, heldRows?: number): KernelRun {
  const operands = depthwiseConv2dBackwardOf(test, 'input')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, kernel, stride, dilation, plant } = test
  const options = { label, input: input.shape, kernel, stride, dilation, padding, heldRows }
  return {
    kernel: depthwiseConv2dBackwardInput(options),
    data: {
      output_gradient: toGpu(outputGradient),
      weight: packWeight({ weight, depthwise: true }).weight,
    },
    expected: {
      input_gradient: activations(() => reference(operands), {
        rtol: tolerance(kernel[0] * kernel[1]),
        anyPadding: plant !== undefined,
      }),
    },
  }
}

export const suite: KernelSuite<DepthwiseConv2dBackwardCase> = {
  shader: 'depthwise_conv2d_backward_input',
  cases,
  run: test => depthwiseBackwardInputRun(test),
  tiles: {
    'the weights of two rows of taps in registers': {
      cases,
      run: test => depthwiseBackwardInputRun(test, 2),
    },
  },
}
