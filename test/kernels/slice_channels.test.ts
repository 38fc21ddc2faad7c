import { cases } from '../cases/slice_channels.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { sliceChannelsRun } from './slice_channels.ts'

describe('kernel slice_channels', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), sliceChannelsRun(test)))
})
