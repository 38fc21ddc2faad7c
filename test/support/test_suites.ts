import { adapterKey } from '../../src/bench/answers/kernel_check.ts'
import { testGpu } from './gpu.ts'
import { caseTitle, type KernelCases, type KernelSuite } from './kernel_suite.ts'
import { loadSuites } from './kernel_suites.ts'
import { skip } from './skip.ts'
import { verifyOn } from './verify_on.ts'

/** Mocha's parallel jobs take whole files: each of these groups is tested by a file of test/kernels of its name. */
export const suiteGroups = ['gradients', 'convolutions', 'other_kernels'] as const
export type SuiteGroup = (typeof suiteGroups)[number]

function groupOf({ shader }: KernelSuite): SuiteGroup {
  if (/backward|gradient/.test(shader)) return 'gradients'
  return /conv2d|winograd/.test(shader) ? 'convolutions' : 'other_kernels'
}

/** The tests of a group of kernels: each case of a suite and of its variants against the reference. `npm test` runs the small cases. */
export async function testSuites(group: SuiteGroup): Promise<void> {
  for (const suite of await loadSuites())
    if (groupOf(suite) === group)
      describe(`kernel ${suite.shader}`, () => {
        before(skipWhereNotRun(suite))
        testCases(suite)
        for (const [name, variant] of Object.entries({ ...suite.variants, ...suite.tiles }))
          describe(`${name} (slow)`, () => testCases(variant))
      })
}

function testCases({ cases, run }: KernelCases): void {
  for (const test of cases.filter(({ untested }) => !untested))
    it(caseTitle(test), async function () {
      const gpu = await testGpu()
      const reason = await verifyOn(gpu, run(test, gpu))
      if (reason !== undefined) skip(this, reason)
    })
}

/** For `before`: skips the tests of a kernel that the adapter cannot run. */
export const skipWhereNotRun = ({ needs }: Pick<KernelSuite, 'needs'>) =>
  async function (this: Mocha.Context): Promise<void> {
    if (needs && adapterKey(needs, await testGpu()) === undefined)
      skip(this, `this adapter has no ${needs} that the kernel can use`)
  }
