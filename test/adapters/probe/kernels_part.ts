// The cases of every kernel, which its tests run in Node.

import { adapterKey } from '../../../src/bench/answers/kernel_check.ts'
import type { KernelSuite } from '../../support/kernel_suite.ts'
import { verifyOn } from '../../support/verify_on.ts'
import { type TestedAdapter, withGpu } from './adapter.ts'
import type { Tally } from './report.ts'

export interface KernelsJob {
  /** Whether the layers of real networks run: most of the time goes into them. */
  layers: boolean
}

export async function kernelsPart(
  adapter: TestedAdapter,
  tally: Tally,
  {
    suites,
    layers,
    onProgress,
  }: KernelsJob & { suites: readonly KernelSuite[]; onProgress(text: string): void },
): Promise<void> {
  for (const [i, { shader, needs, variants, tiles, ...plain }] of suites.entries()) {
    onProgress(`${shader}, ${i + 1} of ${suites.length}`)
    if (needs && adapterKey(needs, await adapter.gpu()) === undefined) {
      tally.skip(shader, `needs ${needs}, which this adapter lacks or has of another size`)
      continue
    }
    for (const [variant, { cases, run }] of Object.entries({ '': plain, ...variants, ...tiles }))
      for (const test of cases) {
        const name = [shader, variant, test.name].filter(Boolean).join(': ')
        if (test.bench && !layers) tally.skip(name, 'a layer of a real network: this cell leaves them out')
        else await tally.attempt(name, () => withGpu(adapter, gpu => verifyOn(gpu, run(test, gpu))))
      }
  }
}
