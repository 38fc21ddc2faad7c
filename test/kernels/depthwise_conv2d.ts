import type { Gpu } from '../../src/gpu/gpu.ts'
import { depthwiseConv2d } from '../../src/kernels/depthwise_conv2d.ts'
import { type DepthwiseConv2dCase, depthwiseConv2dOf } from '../cases/depthwise_conv2d.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { depthwiseConv2dShape, depthwiseConv2d as reference } from '../reference/depthwise_conv2d.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { packWeight } from '../support/pack_weight.ts'

export async function depthwiseConv2dRun(test: DepthwiseConv2dCase, gpu: Gpu): Promise<KernelRun> {
  const operands = depthwiseConv2dOf(test)
  const { input, weight, bias, residual, padding } = operands
  const { name: label, kernel, stride, dilation, activation } = test
  const shape = depthwiseConv2dShape(operands)
  return {
    kernel: depthwiseConv2d({
      label,
      input: input.shape,
      kernel,
      stride,
      dilation,
      padding,
      residual: test.residual,
      activation,
    }),
    data: {
      input: toGpu(input),
      ...(await packWeight(gpu, { weight, bias, depthwise: true })),
      ...(residual && { residual: toGpu(residual) }),
    },
    check: ({ output }) =>
      expectClose(fromGpu(output, shape), reference(operands).data, {
        shape,
        rtol: tolerance(kernel[0] * kernel[1]),
      }),
  }
}
