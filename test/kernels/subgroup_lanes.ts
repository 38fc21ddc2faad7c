import { expect } from 'chai'
import { subgroupLanes } from '../../src/gpu/quirks/subgroup_lanes.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'

export const suite: KernelSuite = {
  shader: 'subgroup_lanes',
  needs: 'subgroups',
  cases: [{ name: 'all is as the adapter reports', answer: true }],
  run(_, { subgroupSize = 0 }) {
    const kernel = subgroupLanes(subgroupSize)
    const none = new Uint8Array(kernel.outputs.faults)
    return {
      kernel,
      data: {},
      expected: {
        faults: { check: faults => expect(faults).to.deep.equal(none), answer: () => ({ values: none }) },
      },
    }
  },
}
