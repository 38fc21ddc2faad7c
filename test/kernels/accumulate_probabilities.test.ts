import { cases } from '../cases/accumulate_probabilities.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { accumulateProbabilitiesRun } from './accumulate_probabilities.ts'

describe('kernel accumulate_probabilities', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), accumulateProbabilitiesRun(test)))

  it('the first view overwrites whatever the accumulator held', async () => {
    const test = cases.find(({ name }) => name === 'enlarge, mirrored, a third')!
    await verify(await testGpu(), accumulateProbabilitiesRun(test, { first: true }))
  })

  it('logits so low that the zeros of padding would outweigh them', async () => {
    const test = cases.find(({ name }) => name === 'enlarge, corners aligned')!
    await verify(await testGpu(), accumulateProbabilitiesRun(test, { shift: -120 }))
  })
})
