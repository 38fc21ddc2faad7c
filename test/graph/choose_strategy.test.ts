import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { chooseStrategy, conv2dKey, strategiesFor } from '../../src/graph/convolution/choose.ts'
import { loadKernels } from '../../src/graph/convolution/device_kernels.ts'
import { conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import { LEAST_LOADS, throughTextures } from '../../src/graph/convolution/through_textures.ts'
import type { Conv2dOptions } from '../../src/kernels/convolution/conv2d.ts'
import { conv2dSubgroup } from '../../src/kernels/convolution/conv2d_subgroup.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { type Choice, targetOf } from '../support/target.ts'

const wide: Conv2dOptions = {
  label: 'wide',
  input: [1, 33, 33, 256],
  outChannels: 256,
  kernel: [3, 3],
  stride: 1,
  dilation: 2,
  padding: symmetric(2),
  activation: 'relu',
}
const pointwise: Conv2dOptions = { ...wide, kernel: [1, 1], dilation: 1, padding: symmetric(0) }
const cpu = { isCpu: true, subgroupSize: 8 }

const variantsFor = (options: Conv2dOptions, choice: Choice) =>
  strategiesFor(options, targetOf(choice)).map(({ name }) => name)
const chooseVariant = (options: Conv2dOptions, choice: Choice) =>
  chooseStrategy(options, targetOf(choice)).name

const replaced = ([...shape]: Conv2dOptions['input'], axis: number): Conv2dOptions['input'] => {
  shape[axis] = 7
  return shape
}

describe('the key of a convolution', () => {
  it('is its shape, as text', () => {
    expect(conv2dKey(wide)).to.equal('1×33×33×256 → 256, 3×3, rate 2, padding 2')
    expect(conv2dKey(pointwise)).to.equal('1×33×33×256 → 256, 1×1')
  })

  it('changes with everything that the fastest variant depends on', () => {
    const others: Partial<Conv2dOptions>[] = [
      ...[0, 1, 2, 3].map(axis => ({ input: replaced(wide.input, axis) })),
      ...[{ outChannels: 7 }, { kernel: [3, 1] as const }, { kernel: [1, 3] as const }],
      ...[{ stride: 2 }, { dilation: 3 }, { padding: symmetric(1) }, { precision: 'fp16' as const }],
      ...(['top', 'bottom', 'left', 'right'] as const).map(side => ({
        padding: { ...wide.padding, [side]: 1 },
      })),
    ]
    const keys = [wide, ...others.map(other => ({ ...wide, ...other }))].map(conv2dKey)
    expect(new Set(keys).size, keys.join('\n')).to.equal(keys.length)
  })

  it('does not depend on what follows the sums', () => {
    const others: Partial<Conv2dOptions>[] = [
      ...[{ label: 'another' }, { residual: true }, { bias: 'image' as const }],
      ...[{ activation: 'none' as const }, { slice: { offset: 8, channels: 512 } }],
    ]
    for (const other of others) expect(conv2dKey({ ...wide, ...other })).to.equal(conv2dKey(wide))
  })
})

describe('the variant of a convolution', () => {
  before(() => loadKernels({ subgroupMatrix: { m: 16, n: 16, k: 16 } }))

  it('is one that fits its shape and the adapter', () => {
    const tiles = ['winograd_4', 'winograd_3']
    const direct = ['conv2d', 'conv2d_subgroup', 'conv2d_tiled']
    expect(variantsFor(pointwise, cpu)).to.deep.equal(direct)
    for (const subgroupSize of [4, 8, 16])
      expect(variantsFor(wide, { isCpu: true, subgroupSize })).to.deep.equal([...direct, ...tiles])
    expect(variantsFor(wide, { isCpu: true })).to.deep.equal(['conv2d', 'conv2d_tiled', ...tiles])
    expect(variantsFor(wide, { ...cpu, winograd: false })).to.deep.equal(direct)
    const short = { ...wide, dilation: 18, padding: symmetric(18) }
    const onAll = conv2dVariants.filter(variant => !/_matrix$|_rows$/.test(variant))
    expect(variantsFor(short, { ...cpu, quirks: new Set(['textures'] as const) })).to.have.members(onAll)
    expect(variantsFor(wide, {})).to.deep.equal(['conv2d', 'conv2d_tiled', ...tiles])
    const matrices = { subgroupSize: 32, subgroupSizes: [32], subgroupMatrix: { m: 16, n: 16, k: 16 } }
    const others = conv2dVariants.filter(variant => !/_texture$|_rows$/.test(variant))
    expect(variantsFor({ ...short, precision: 'fp16' }, matrices)).to.have.members(others)
    expect(variantsFor(short, matrices)).not.to.include('conv2d_subgroup_matrix')
    const wide64 = { ...matrices, subgroupSize: 64, subgroupSizes: [64] }
    expect(variantsFor({ ...short, precision: 'fp16' }, wide64)).not.to.include('conv2d_subgroup_matrix')
  })

  it('follows the table without measurements', () => {
    for (const gpu of [{}, { subgroupSize: 4 }, { subgroupSize: 8 }, { subgroupSize: 32 }]) {
      expect(chooseVariant(wide, gpu)).to.equal('winograd_4')
      expect(chooseVariant(pointwise, gpu)).to.equal('conv2d_tiled')
      expect(chooseVariant({ ...pointwise, outChannels: 16 }, gpu)).to.equal('conv2d')
    }
    for (const subgroupSize of [4, 8, 16]) {
      expect(chooseVariant(wide, { isCpu: true, subgroupSize })).to.equal('winograd_4')
      expect(chooseVariant(pointwise, { isCpu: true, subgroupSize })).to.equal('conv2d_subgroup')
    }
  })

  it('reads textures where the adapter can, and where vectors are loaded often enough for a copy', () => {
    const reading = { ...cpu, quirks: new Set(['textures'] as const) }
    expect(variantsFor(pointwise, reading)).to.deep.equal([
      ...['conv2d', 'conv2d_subgroup', 'conv2d_subgroup_texture', 'conv2d_tiled'],
    ])
    expect(chooseVariant(pointwise, reading)).to.equal('conv2d_subgroup_texture')
    expect(chooseVariant(wide, reading)).to.equal('winograd_4')
    const single = { ...pointwise, input: [1, 1, 1, 256], outChannels: 16 } as const
    expect(chooseVariant(single, reading), 'nothing is loaded twice').to.equal('conv2d_subgroup')
    const kernel = conv2dSubgroup({ ...pointwise, subgroupSize: 8 })
    const texturesOf = (loads: Record<string, number>, device = reading) =>
      throughTextures(kernel, device, loads).textures
    expect(texturesOf({ input: 16, weight: 46 })).to.deep.equal(['input', 'weight'])
    expect(texturesOf({ input: LEAST_LOADS - 1, weight: LEAST_LOADS })).to.deep.equal(['weight'])
    expect(texturesOf({ input: 1, weight: 1 })).to.equal(undefined)
    expect(texturesOf({ input: 16, weight: 46 }, { ...cpu, quirks: new Set<never>() })).to.equal(undefined)
  })

  it('is the same for a GPU as for an equal target', () => {
    // A spread would lose the getters of a class.
    const gpu = new (class {
      get isCpu() {
        return true
      }
      get subgroupSize() {
        return 8
      }
    })()
    const variantOn = (options: Conv2dOptions, device: object) => chooseStrategy(options, { device }).name
    expect(variantOn(pointwise, gpu)).to.equal('conv2d_subgroup')
    expect(variantOn(wide, gpu)).to.equal('winograd_4')
  })

  it('is the one that the caller forces, else the measured one if it fits', () => {
    const tuned = (variant: string) => new Map([[conv2dKey(wide), variant]])
    expect(chooseVariant(wide, { ...cpu, tuned: tuned('winograd_3') })).to.equal('winograd_3')
    expect(chooseVariant(wide, { subgroupSize: 32, tuned: tuned('winograd_3') })).to.equal('winograd_3')
    expect(chooseVariant({ ...wide, outChannels: 64 }, { ...cpu, tuned: tuned('conv2d') })).to.equal(
      'winograd_4',
    )
    expect(chooseVariant(wide, { ...cpu, tuned: tuned('winograd_2') }), 'does not fit').to.equal('winograd_4')
    expect(chooseVariant(wide, { isCpu: true, tuned: tuned('conv2d_subgroup') }), 'nor here').to.equal(
      'winograd_4',
    )
    const told = { ...cpu, tuned: tuned('winograd_3'), variant: 'conv2d' as const }
    expect(chooseVariant(wide, told)).to.equal('conv2d')
  })

  it('throws if the caller forces a variant that cannot compute the convolution', () => {
    const forced = () => 'winograd_4' as const
    expect(() => chooseStrategy({ ...wide, stride: 2 }, { device: cpu, policy: { forced } })).to.throw(
      UserError,
      'wide: winograd_4 cannot compute 1×33×33×256 → 256, 3×3, stride 2, rate 2, padding 2 here',
    )
  })
})
