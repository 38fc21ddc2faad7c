import { cases } from '../cases/batch_norm_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import {
  batchNormBackwardInputRun,
  batchNormBackwardMergeRun,
  batchNormBackwardReduceRun,
} from './batch_norm_backward.ts'

describe('kernel batch_norm_backward_reduce', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), batchNormBackwardReduceRun(test)))
})

describe('kernel batch_norm_backward_merge', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), batchNormBackwardMergeRun(test)))
})

describe('kernel batch_norm_backward_input', () => {
  for (const test of cases)
    it(test.name, async () => verify(await testGpu(), batchNormBackwardInputRun(test)))
})
