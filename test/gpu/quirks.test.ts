import { expect } from 'chai'
import { QUIRKS, type Quirk, quirksOf } from '../../src/gpu/quirks/quirks.ts'

const info = (more: Partial<GPUAdapterInfo>) =>
  ({ vendor: '', architecture: '', device: '', description: '', ...more }) as GPUAdapterInfo

const isCpuAdapter = (info: GPUAdapterInfo) => quirksOf(info, {}).has('cpu')

describe('gpu/quirks', () => {
  it('an adapter computes on the CPU if it says so', () => {
    expect(isCpuAdapter(info({ isFallbackAdapter: true }))).to.equal(true)
    expect(isCpuAdapter(info({ isFallbackAdapter: false }))).to.equal(false)
    expect(isCpuAdapter(info({}))).to.equal(false)
  })

  for (const named of [
    { vendor: 'mesa', description: 'llvmpipe (LLVM 19.1.7, 256 bits)' },
    { vendor: 'google', architecture: 'swiftshader' },
    { description: 'SwiftShader Device (Subzero)' },
    { vendor: 'microsoft', architecture: 'warp' },
    { description: 'Microsoft Basic Render Driver' },
  ])
    it(`an adapter computes on the CPU if it is named ${Object.values(named).join(', ')}`, () =>
      expect(isCpuAdapter(info({ ...named, isFallbackAdapter: false }))).to.equal(true))

  for (const named of [
    { vendor: 'nvidia', architecture: 'ampere', description: 'NVIDIA GeForce RTX 3090' },
    { vendor: 'intel', architecture: 'gen-12lp', description: 'Intel(R) UHD Graphics 770' },
    { vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7900 XT (RADV NAVI31)' },
    { vendor: 'apple', architecture: 'metal-3' },
  ])
    it(`but not if it is named ${Object.values(named).join(', ')}`, () =>
      expect(isCpuAdapter(info(named))).to.equal(false))

  const lavapipe = (lanes: number) =>
    info({ description: 'llvmpipe (LLVM 19.1.7)', subgroupMinSize: lanes, subgroupMaxSize: lanes })
  const wgsl = new Set(['readonly_and_readwrite_storage_textures'])

  it("Mesa's CPU adapter reads through textures with subgroups of 8 alone, where WGSL has such textures", () => {
    expect([...quirksOf(lavapipe(8), { wgsl })]).to.have.members(['cpu', 'textures', 'lanes'])
    for (const lanes of [4, 16]) expect(quirksOf(lavapipe(lanes), { wgsl }).has('textures')).to.equal(false)
    for (const old of [new Set<string>(), undefined])
      expect(quirksOf(lavapipe(8), { wgsl: old }).has('textures')).to.equal(false)
  })

  it('only SwiftShader gets unrolled text', () => {
    const all = { architecture: 'swiftshader', subgroupMinSize: 4, subgroupMaxSize: 4 }
    expect([...quirksOf(info(all), { wgsl })]).to.have.members(['cpu', 'unroll', 'lanes'])
    expect(quirksOf(lavapipe(8), { wgsl }).has('unroll')).to.equal(false)
  })

  it('a GPU has its subgroups tried, and nothing else', () =>
    expect([...quirksOf(info({ vendor: 'nvidia', subgroupMinSize: 32 }), { wgsl })]).to.deep.equal(['lanes']))

  it('each can be switched off, and textures go with the CPU', () => {
    const left = (without: Quirk[]) => [...quirksOf(lavapipe(8), { wgsl, without })]
    expect(left(['textures'])).to.deep.equal(['cpu', 'lanes'])
    expect(left(['cpu'])).to.deep.equal(['lanes'])
    expect(left([...QUIRKS])).to.deep.equal([])
  })
})
