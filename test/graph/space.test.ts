import { expect } from 'chai'
import { candidatesFor, chooseStrategy, conv2dKey, tunedKey } from '../../src/graph/convolution/choose.ts'
import type { Tuned } from '../../src/graph/convolution/policy.ts'
import {
  fitsWorkgroup,
  registerTiles,
  stagedTileName,
  stagedTiles,
} from '../../src/graph/convolution/space.ts'
import type { Device } from '../../src/graph/convolution/target.ts'
import { vendorTile } from '../../src/graph/convolution/vendors.ts'
import type { Conv2dOptions } from '../../src/kernels/convolution/conv2d.ts'
import { conv2dTiledSplits, stagedBytes } from '../../src/kernels/convolution/conv2d_tiled.ts'
import { symmetric } from '../../src/kernels/geometry.ts'

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
const large: Device = {
  limits: { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 32768 },
}
const namesOf = (options: Conv2dOptions, device: Device) =>
  candidatesFor(options, { device }).map(({ name }) => name)

describe('the space of tiles', () => {
  it('holds the tiles of an invocation and of a workgroup, and the depths', () => {
    const names = stagedTiles(large).map(stagedTileName)
    expect(new Set(names).size).to.equal(names.length)
    const parts = names.map(name => /^(\d+×\d+) of (\d+×\d+), depth (\d+)$/.exec(name)!.slice(1))
    expect(new Set(parts.map(([lane]) => lane))).to.have.all.keys('4×4', '4×8', '8×8', '2×8')
    const workgroups = ['32×32', '32×64', '64×32', '64×64', '64×128', '128×64', '128×128']
    expect(new Set(parts.map(([, workgroup]) => workgroup))).to.have.all.keys(...workgroups)
    expect(new Set(parts.map(([, , depth]) => depth))).to.have.all.keys('8', '16', '32')
  })

  it('leaves out what a workgroup of the adapter has no room for', () => {
    const few = stagedTiles({})
    expect(few.length).to.be.within(10, stagedTiles(large).length - 5)
    for (const tile of few) {
      expect(tile.lanesX * tile.lanesY).to.be.within(32, 256)
      expect(stagedBytes(tile)).to.be.at.most(16384)
    }
  })

  it('has as many lanes along the channels as there are channels for', () => {
    for (const { vectors, lanesX, lanesY } of registerTiles(12)) {
      expect(vectors * lanesX).to.be.within(3, 4)
      expect(lanesX * lanesY).to.be.oneOf([32, 64])
    }
  })

  it('names each candidate of a convolution once, by its strategy and what is different', () => {
    const names = namesOf(wide, { subgroupSize: 8 })
    expect(new Set(names).size).to.equal(names.length)
    expect(names).to.include.members([
      ...['conv2d', 'conv2d 8×8 of 32×64', 'conv2d_subgroup', 'conv2d_subgroup 3×16', 'winograd_3'],
      ...['conv2d_tiled', 'conv2d_tiled 4×8 of 64×64, depth 16'],
    ])
    const tile = { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 }
    const splits = conv2dTiledSplits(wide, tile)
    expect(splits).to.be.above(1)
    expect(names).to.include(`conv2d_tiled 4×8 of 64×64, depth 16, ${splits} splits`)
  })

  it('is what a tuned choice is looked up in; unknown ones are ignored', () => {
    const by = (choice: string, mode?: 'training') => {
      const tuned: Tuned = new Map([[conv2dKey(wide), choice]])
      return chooseStrategy(wide, { device: { subgroupSize: 8 }, policy: { tuned }, mode }).name
    }
    for (const choice of ['conv2d_subgroup 4×8', 'conv2d_tiled 4×4 of 32×32, depth 8', 'conv2d_tiled'])
      expect(by(choice)).to.equal(choice)
    const unknown = ['conv2d_subgroup 5×8', 'conv2d_tiled ', 'conv2d_tiled 4×4', 'conv3d', 'conv', '']
    for (const choice of unknown) expect(by(choice), choice).to.equal('winograd_4')
    expect(by('conv2d_subgroup 4×8', 'training'), 'measured for inference').to.equal('winograd_4')
    expect(tunedKey(wide, 'training')).to.equal(`${conv2dKey(wide)}, in training`)
  })

  it('forces a tile, too', () => {
    const forced = () => 'conv2d_subgroup 2×16' as const
    const { name } = chooseStrategy(wide, { device: { subgroupSize: 8 }, policy: { forced } })
    expect(name).to.equal('conv2d_subgroup 2×16')
  })
})

describe('the tile by the maker of a GPU', () => {
  const tileOn = (vendor: string, architecture: string, device: Device = {}) => {
    const tile = vendorTile({ ...device, info: { vendor, architecture } })
    return tile && stagedTileName(tile)
  }

  it('is a published one', () => {
    for (const vendor of ['nvidia', 'intel', 'apple', 'qualcomm'])
      expect(tileOn(vendor, 'any')).to.equal('4×4 of 32×32, depth 8')
    expect(tileOn('amd', 'any'), "by AMD's compiler").to.equal('4×8 of 64×64, depth 16')
    expect(tileOn('nvidia', 'blackwell', large)).to.equal('4×4 of 64×128, depth 16')
    expect(tileOn('nvidia', 'blackwell'), 'with 256 invocations').to.equal('4×4 of 32×32, depth 8')
  })

  it('is the one that the shape decides, where nothing was published', () => {
    for (const vendor of ['mesa', 'google', 'arm', '']) expect(tileOn(vendor, 'any')).to.equal(undefined)
    expect(vendorTile({})).to.equal(undefined)
  })

  it('fits a workgroup of every adapter that gets it', () => {
    for (const device of [{}, large])
      for (const vendor of ['nvidia', 'amd', 'intel', 'apple'])
        for (const architecture of ['blackwell', 'any']) {
          const info = { vendor, architecture }
          expect(fitsWorkgroup(vendorTile({ ...device, info })!, device)).to.equal(true)
        }
  })

  it('does not change the splits of a sum', () => {
    const strategy = chooseStrategy(wide, { device: {}, policy: { forced: () => 'conv2d_tiled' } })
    expect(strategy.splits!(wide, {})).to.equal(conv2dTiledSplits(wide))
  })
})
