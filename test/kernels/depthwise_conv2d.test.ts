import { depthwiseConv2d } from '../../src/kernels/depthwise_conv2d.ts'
import { cases, depthwiseConv2dOf } from '../cases/depthwise_conv2d.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { depthwiseConv2d as reference } from '../reference/depthwise_conv2d.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { packWeight } from '../support/pack_weight.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel depthwise_conv2d', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const gpu = await testGpu()
      const operands = depthwiseConv2dOf(test)
      const { input, residual, padding } = operands
      const { kernel, stride, dilation, activation } = test
      const { output } = await runKernel(
        gpu,
        depthwiseConv2d({
          label: test.name,
          input: input.shape,
          kernel,
          stride,
          dilation,
          padding,
          residual: test.residual,
          activation,
        }),
        {
          input: toGpu(input),
          ...(await packWeight(gpu, { ...operands, depthwise: true })),
          ...(residual && { residual: toGpu(residual) }),
        },
      )
      const { shape, data } = reference(operands)
      expectClose(fromGpu(output, shape), data, { shape, rtol: tolerance(kernel[0] * kernel[1]) })
    })
  }
})
