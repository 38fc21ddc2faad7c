import { cases } from '../cases/winograd.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { winogradMultiplyTiledRun } from './winograd.ts'

describe('kernel winograd_multiply_tiled', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), winogradMultiplyTiledRun(test)))
})
