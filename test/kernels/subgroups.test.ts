// The kernels with subgroups, in subgroups of other sizes than they were made for: some drivers run other sizes than they report.

import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { skip } from '../support/skip.ts'
import { suite as conv2dSubgroup } from './conv2d_subgroup.ts'

/** The lanes that load for all, as in shaders/lib/from_loaders.wgsl. */
const loaders = (subgroupSize: number) => Math.min(subgroupSize, 8)

const made = (await loadSuites()).filter(
  ({ shader, needs }) => needs === 'subgroups' && shader !== 'subgroup_lanes',
)

describe('kernels with subgroups', () => {
  before(needsSubgroups)

  for (const subgroupSize of [4, 8, 16, 32])
    for (const { shader, cases, run } of made)
      it(`${shader} for ${subgroupSize} lanes is right`, async function () {
        const gpu = await testGpu()
        if (loaders(subgroupSize) > gpu.subgroupSize!) skip(this, 'lanes that load would be missing')
        for (const test of cases.filter(({ answer }) => answer))
          await verify(gpu, run(test, { subgroupSize }))
      })

  it('conv2d_subgroup for more lanes leaves NaN as the statistics’ means, and the right output', async function () {
    const gpu = await testGpu()
    if (loaders(2 * gpu.subgroupSize!) > gpu.subgroupSize!) skip(this, 'lanes that load would be missing')
    const { cases, run } = conv2dSubgroup.variants!['leaving statistics']
    for (const test of cases) {
      const adapter = { subgroupSize: 2 * gpu.subgroupSize! }
      const { kernel, data, expected } = run(test, adapter)
      const outputs = await runKernel(gpu, kernel, data)
      expected.output.check(outputs.output)
      const means = new Float32Array(outputs.statistics.buffer).slice(0, test.outChannels)
      expect([...means]).to.deep.equal([...means].fill(Number.NaN))
    }
  })
})
