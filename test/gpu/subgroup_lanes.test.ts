// Adapters whose subgroups are not what they report, made of the adapter at hand.

import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { subgroupLanes, triedSubgroupSizes } from '../../src/gpu/quirks/subgroup_lanes.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { replaced } from '../support/replaced.ts'
import { skip } from '../support/skip.ts'

/** The adapter at hand as one that reports these sizes, and lacks a feature. */
async function openAs(subgroupMinSize: number, subgroupMaxSize: number, lacking?: string): Promise<Gpu> {
  const adapter = (await (await testGpu()).entry.requestAdapter())!
  const features = new Set([...adapter.features].filter(feature => feature !== lacking))
  const reporting = replaced(adapter, {
    info: replaced(adapter.info, { subgroupMinSize, subgroupMaxSize }),
    features: features as unknown as GPUSupportedFeatures,
  })
  return requestGpu({ requestAdapter: async () => reporting } as unknown as GPU)
}

/** What the adapter at hand finds if it reports these sizes: the size of all subgroups, and those that kernels may ask for. */
async function foundAs(...report: Parameters<typeof openAs>) {
  const gpu = await openAs(...report)
  const { subgroupSize, subgroupSizes } = gpu
  gpu.destroy()
  return { subgroupSize, subgroupSizes }
}

const NONE = { subgroupSize: undefined, subgroupSizes: [] }
const CONTROL = 'subgroup-size-control'

describe('gpu/subgroup_lanes', () => {
  let lanes: number

  before(needsSubgroups)
  before(async () => {
    lanes = (await testGpu()).subgroupSize!
  })

  it('finds the size that the adapter reports if it runs that size', async () => {
    expect(lanes).to.equal((await testGpu()).info.subgroupMinSize)
    const found = { subgroupSize: lanes, subgroupSizes: [lanes] }
    expect(await foundAs(lanes, lanes)).to.deep.equal(found)
    expect(await foundAs(lanes, lanes, CONTROL)).to.deep.equal(found)
  })

  for (const size of [4, 8, 16, 32, 64, 128])
    it(`finds none if the adapter reports ${size} and runs another size`, async function () {
      if (size === lanes) skip(this, 'it is the size that this adapter runs')
      expect(await foundAs(size, size)).to.deep.equal(NONE)
      expect(await foundAs(size, size, CONTROL)).to.deep.equal(NONE)
    })

  describe('if the adapter reports several sizes', () => {
    it('finds none, where kernels cannot ask for one', async () => {
      expect(await foundAs(lanes, 4 * lanes, CONTROL)).to.deep.equal(NONE)
      expect(await foundAs(lanes / 2, lanes, CONTROL)).to.deep.equal(NONE)
    })

    describe('and kernels can ask for one', () => {
      before(async function () {
        if (!(await testGpu()).device.features.has(CONTROL)) skip(this, `this adapter has no ${CONTROL}`)
      })

      it('finds those that kernels get', async () => {
        const found = { subgroupSize: undefined, subgroupSizes: [lanes] }
        expect(await foundAs(lanes, 4 * lanes)).to.deep.equal(found)
        expect(await foundAs(lanes / 2, lanes)).to.deep.equal(found)
      })

      it('runs a kernel that asks for another size with any size', async () => {
        const gpu = await openAs(lanes, 4 * lanes)
        const kernel = { ...subgroupLanes(2 * lanes), params: { invocations: 0 } }
        await gpu.pipelines.get(kernel)
        gpu.pipelines.subgroupSizes = [2 * lanes]
        const { message } = await rejects(ShaderError, () => gpu.pipelines.get(kernel))
        expect(message).to.include(`subgroup_size attribute (${2 * lanes}) is not in the allowed range`)
        gpu.destroy()
      })
    })
  })

  it('finds none if the compiler does not know subgroups', async () => {
    const get = () => Promise.reject(new ShaderError('the `subgroups` extension is not supported'))
    const pipelines = { get, subgroupSizes: [lanes] } as unknown as Gpu['pipelines']
    expect(await triedSubgroupSizes(replaced(await testGpu(), { pipelines }))).to.deep.equal([])
  })
})
