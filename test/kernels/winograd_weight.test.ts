import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { type WeightOf, winogradWeightRun } from './winograd.ts'

const base = cases.find(({ name }) => name.startsWith('batch 3, 5 → 21 channels'))!

describe('kernel winograd_weight', () => {
  for (const test of cases)
    for (const ofGradient of [false, true])
      it(`${test.name}${ofGradient ? ', of the gradient' : ''}`, async () =>
        verify(await testGpu(), winogradWeightRun(test, { ofGradient })))

  describe('with batch norm folded in', () => {
    const ways: Record<string, WeightOf> = { 'of the layer': {}, 'of the gradient': { ofGradient: true } }
    for (const outputs of [2, 3, 4] as const)
      for (const [name, of] of Object.entries(ways))
        it(`${name}, tiles of ${outputs}`, async () => {
          await verify(await testGpu(), winogradWeightRun({ ...base, outputs }, { ...of, batchNorm: true }))
        })
  })

  it('of some input channels', async () =>
    verify(await testGpu(), winogradWeightRun(base, { inputChannels: { from: 1, to: 4 } })))
})
