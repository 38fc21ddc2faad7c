import { cases } from '../cases/softmax.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { softmaxRun } from './softmax.ts'

describe('kernel softmax', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), softmaxRun(test)))

  it('logits so low that the zeros of padding would outweigh them', async () => {
    const test = cases.find(({ name }) => name === '5 channels, odd map')!
    await verify(await testGpu(), softmaxRun(test, { shift: -120 }))
  })
})
