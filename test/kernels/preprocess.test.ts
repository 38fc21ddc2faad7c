import { cases } from '../cases/preprocess.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { preprocessBatchRun, preprocessRun } from './preprocess.ts'

describe('kernel preprocess', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), preprocessRun(test)))

  it('images of a batch, each by itself', async () => {
    const test = cases.find(({ name }) => name === 'shrink by odd ratios, mirrored')!
    await verify(await testGpu(), preprocessBatchRun(test, [1, 2, 3]))
  })
})
