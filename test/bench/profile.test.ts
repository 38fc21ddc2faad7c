import { expect } from 'chai'
import { profileOf } from '../../src/bench/profile.ts'
import { ratesOf } from '../../src/bench/rates.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { conv2d } from '../../src/kernels/convolution/conv2d.ts'
import { concat } from '../../src/kernels/elementwise/concat.ts'

/** A ridge at 10 operations a byte. */
const ceilings = { gflops: 100, gigabytesPerSecond: 10 }

const kernel = (
  label: string,
  shader: ShaderName,
  cost: Pick<Kernel, 'inputs' | 'macs' | 'traffic'>,
): Kernel => ({
  ...{ label, shader: shadersByName[shader], params: {}, outputs: { output: 0 }, workgroups: 1 },
  ...cost,
})

describe('bench/rates', () => {
  it('holds arithmetic against the one ceiling, and memory against the other', () => {
    const busy = kernel('busy', 'conv2d', { inputs: { input: 1e6 }, macs: 50e6 })
    expect(ratesOf([busy], 2, ceilings)).to.deep.equal({
      ...{ gflops: 50, gigabytesPerSecond: 0.5 },
      ...{ ofCeiling: 0.5, boundBy: 'arithmetic' },
    })
    const lazy = kernel('lazy', 'conv2d', { inputs: { input: 5e6 }, macs: 1e6 })
    expect(ratesOf([lazy], 2, ceilings)).to.deep.equal({
      ...{ gflops: 1, gigabytesPerSecond: 2.5 },
      ...{ ofCeiling: 0.25, boundBy: 'memory' },
    })
  })

  it('adds up what each of several kernels could do at best', () => {
    const busy = kernel('busy', 'conv2d', { inputs: { input: 1e6 }, macs: 50e6 }) // 1 ms, memory alone 0.1 ms
    const lazy = kernel('lazy', 'conv2d', { inputs: { input: 5e6 }, macs: 1e6 }) // 0.5 ms, arithmetic alone 0.02 ms
    const { ofCeiling, boundBy } = ratesOf([busy, lazy], 3, ceilings)
    expect(ofCeiling).to.be.closeTo(0.5, 1e-12)
    expect(boundBy).to.equal('arithmetic')
  })

  it('has no GFLOP/s for kernels that do not count their multiply-adds', () => {
    const rates = ratesOf([kernel('add', 'add', { inputs: { a: 5e6, b: 5e6 } })], 2, ceilings)
    expect(rates).to.deep.equal({ gigabytesPerSecond: 5, ofCeiling: 0.5, boundBy: 'memory' })
  })

  it('counts of a wider tensor only the channels that a kernel writes', () => {
    const slice = { offset: 8, channels: 64 }
    const map = 5 * 7 * 4
    const copied = concat({ label: 'concat', input: [1, 5, 7, 8], slice })
    expect(ratesOf([copied], 1, ceilings).gigabytesPerSecond * 1e6).to.equal(2 * 8 * map)
    const window = { kernel: [1, 1], stride: 1, dilation: 1 } as const
    const padding = { top: 0, left: 0, bottom: 0, right: 0 }
    const shape = { ...window, padding, input: [1, 5, 7, 4], outChannels: 8 } as const
    const convolved = conv2d({ ...shape, label: 'conv2d', activation: 'none', slice })
    const weights = 4 * 8 + 8
    expect(ratesOf([convolved], 1, ceilings).gigabytesPerSecond * 1e6).to.equal((4 + 8) * map + 4 * weights)
  })
})

describe('bench/profile', () => {
  const kernels = [
    kernel('first', 'conv2d', { inputs: { input: 1e6 }, macs: 50e6 }),
    kernel('sum', 'add', { inputs: { a: 1e6 } }),
    kernel('second', 'conv2d', { inputs: { input: 1e6 }, macs: 50e6 }),
  ]
  const run = (...times: number[]) => kernels.map((kernel, i) => ({ kernel, milliseconds: times[i] }))

  it('takes the shortest time of each kernel, and adds up those of each shader, the longest first', () => {
    const { shaders, ops } = profileOf([run(9, 4, 3), run(2, 5, 8)], ceilings)
    expect(ops.map(({ op, milliseconds }) => [op, milliseconds])).to.deep.equal([
      ['sum', 4],
      ['second', 3],
      ['first', 2],
    ])
    expect(ops.map(({ share }) => share)).to.deep.equal([4 / 9, 3 / 9, 2 / 9])
    expect(shaders).to.have.length(2)
    expect(shaders[0]).to.include({
      ...{ shader: 'conv2d', dispatches: 2, milliseconds: 5, share: 5 / 9 },
      ...{ gflops: 40, ofCeiling: 0.4 },
    })
    expect(shaders[1]).to.include({ shader: 'add', dispatches: 1, milliseconds: 4 })
  })
})
