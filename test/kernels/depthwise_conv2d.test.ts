import { cases } from '../cases/depthwise_conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { depthwiseConv2dRun } from './depthwise_conv2d.ts'

describe('kernel depthwise_conv2d', () => {
  for (const test of cases)
    it(test.name, async () => {
      const gpu = await testGpu()
      await verify(gpu, await depthwiseConv2dRun(test, gpu))
    })
})
