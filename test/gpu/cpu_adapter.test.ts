import { expect } from 'chai'
import { isCpuAdapter } from '../../src/gpu/cpu_adapter.ts'

const info = (more: Partial<GPUAdapterInfo>) =>
  ({ vendor: '', architecture: '', device: '', description: '', ...more }) as GPUAdapterInfo

describe('gpu/cpu_adapter', () => {
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
})
