// Adapters whose subgroups are not what they report, made of the adapter at hand.

import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import { Gpu } from '../../src/gpu/gpu.ts'
import { findSubgroupSize } from '../../src/gpu/subgroup_lanes.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { replaced } from '../support/replaced.ts'

/** The size that the adapter at hand finds if it reports these sizes. */
async function sizeFoundAs(subgroupMinSize: number, subgroupMaxSize: number): Promise<number | undefined> {
  const adapter = (await (await testGpu()).entry.requestAdapter())!
  const info = replaced(adapter.info, { subgroupMinSize, subgroupMaxSize })
  const reporting = replaced(adapter, { info })
  const gpu = await Gpu.open({ requestAdapter: async () => reporting } as unknown as GPU)
  const { subgroupSize } = gpu
  gpu.destroy()
  return subgroupSize
}

describe('gpu/subgroup_lanes', () => {
  before(needsSubgroups)

  it('finds the size that the adapter reports if it runs that size', async () => {
    const { subgroupSize, info } = await testGpu()
    expect(subgroupSize).to.equal(info.subgroupMinSize)
    expect(await sizeFoundAs(subgroupSize!, subgroupSize!)).to.equal(subgroupSize)
  })

  for (const size of [4, 8, 16, 32, 64, 128])
    it(`finds none if the adapter reports ${size} and runs another size`, async function () {
      if (size === (await testGpu()).subgroupSize) this.skip()
      expect(await sizeFoundAs(size, size)).to.equal(undefined)
    })

  it('finds none if the adapter reports several sizes', async () => {
    const { subgroupSize } = await testGpu()
    expect(await sizeFoundAs(subgroupSize!, 4 * subgroupSize!)).to.equal(undefined)
    expect(await sizeFoundAs(subgroupSize! / 2, subgroupSize!)).to.equal(undefined)
  })

  it('finds none if the compiler does not know subgroups', async () => {
    const get = () => Promise.reject(new ShaderError('the `subgroups` extension is not supported'))
    const gpu = replaced(await testGpu(), { pipelines: { get } as unknown as Gpu['pipelines'] })
    expect(await findSubgroupSize(gpu)).to.equal(undefined)
  })
})
