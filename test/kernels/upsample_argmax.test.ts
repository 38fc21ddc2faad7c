import { cases } from '../cases/upsample_argmax.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { upsampleArgmaxBatchRun, upsampleArgmaxRun } from './upsample_argmax.ts'

describe('kernel upsample_argmax', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), upsampleArgmaxRun(test)))

  it('images of a batch, each from a whole word on', async () => {
    const test = cases.find(({ name }) => name.startsWith('a width that is no multiple of 4'))!
    await verify(await testGpu(), upsampleArgmaxBatchRun(test, [1, 2, 3]))
  })
})
