// The known answers of `atrous doctor`.

import { answersByShader, checkName, checkStored } from '../../../src/bench/answers/check_kernels.ts'
import type { KnownAnswer } from '../../../src/bench/answers/kernel_check.ts'
import { type TestedAdapter, withGpu } from './adapter.ts'
import type { Tally } from './report.ts'

export async function doctorPart(
  adapter: TestedAdapter,
  tally: Tally,
  { answers, onProgress }: { answers: readonly KnownAnswer[]; onProgress(text: string): void },
): Promise<void> {
  for (const [shader, its] of answersByShader(answers)) {
    onProgress(shader)
    for (const report of await withGpu(adapter, gpu => checkStored(gpu, its))) {
      const { result, worstError, reason = `its error is ${worstError} of what rounding explains` } = report
      if (result === 'not run') tally.skip(checkName(report), reason)
      else
        await tally.attempt(checkName(report), async () => {
          if (result === 'WRONG') throw new Error(reason)
        })
    }
  }
}
