// A kernel gives the same bits as one dispatch and as several dispatches over ranges of its workgroups. The cases that are worth
// timing are left out, because they take long and differ only in size; so are other tiles, which count workgroups in the same way.
// Those of `atrous doctor` take every path of a shader: the others are slow ones.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { guessedMilliseconds } from '../../src/gpu/launch_times.ts'
import { type Bytes, runKernel } from '../../src/gpu/run_kernel.ts'
import { testGpu } from '../support/gpu.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCases } from '../support/kernel_suite.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { submitsDuring, withSubmitsOf } from '../support/submit_budget.ts'
import { skipWhereNotRun } from '../support/test_suites.ts'

/** Its grid is one workgroup, which cannot be divided. */
const INDIVISIBLE = ['softmax_cross_entropy_merge']

const suites = await loadSuites()

describe('the same bits in ranges of workgroups', () => {
  for (const suite of suites) {
    if (INDIVISIBLE.includes(suite.shader)) continue
    describe(suite.shader, () => {
      before(skipWhereNotRun(suite))
      for (const { cases, run } of [suite, ...Object.values(suite.variants ?? {})] as KernelCases[])
        for (const test of cases.filter(({ bench }) => !bench))
          it(test.answer ? test.name : `${test.name} (slow)`, async () => {
            const gpu = await testGpu()
            await verifyRanges(gpu, run(test, gpu))
          })
    })
  }
})

async function verifyRanges(gpu: Gpu, { kernel, data }: KernelRun): Promise<void> {
  const whole = await runKernel(gpu, kernel, data)
  const downloads = Object.keys(whole).length
  for (const ranges of [2, 3].filter(count => count <= kernel.workgroups)) {
    let divided: Record<string, Bytes> = {}
    const submits = await withSubmitsOf(guessedMilliseconds(kernel) / ranges, gpu, () =>
      submitsDuring(gpu, async () => {
        divided = await runKernel(gpu, kernel, data)
      }),
    )
    expect(submits - downloads, 'ranges').to.be.at.least(ranges)
    for (const [name, bytes] of Object.entries(whole))
      expect(Buffer.compare(bytes, divided[name]), `${name} in ${ranges} ranges`).to.equal(0)
  }
}
