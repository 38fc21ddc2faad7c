import { cases } from '../cases/conv2d_merge.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { conv2dMergeRun } from './conv2d_merge.ts'

describe('kernel conv2d_merge', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), conv2dMergeRun(test)))
})
