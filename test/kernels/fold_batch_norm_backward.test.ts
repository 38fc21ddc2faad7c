import { cases } from '../cases/fold_batch_norm_backward.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { foldBatchNormBackwardRun } from './fold_batch_norm_backward.ts'

describe('kernel fold_batch_norm_backward', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), foldBatchNormBackwardRun(test)))
})
