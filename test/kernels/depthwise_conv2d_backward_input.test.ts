import { cases } from '../cases/depthwise_conv2d_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { depthwiseConv2dBackwardInputRun } from './depthwise_conv2d_backward_input.ts'

describe('kernel depthwise_conv2d_backward_input', () => {
  for (const test of cases)
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, await depthwiseConv2dBackwardInputRun(test, gpu))
    })
})
