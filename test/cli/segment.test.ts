import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { resultNamer } from '../../src/cli/output.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { DeepLab } from '../../src/node/index.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { needsFloat16 } from '../support/gpu.ts'
import { atrous, saveTinyModel, spawnAtrous } from './support.ts'

describe('atrous segment', () => {
  const path = useTemporaryFolder()
  const common = () => ['--model', path('model'), '--size', '65', '--out', path('out')]

  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await mkdir(path('other'))
    for (const name of ['photo.png', 'other/photo.jpg']) {
      const { width, height, data } = blocksPhoto(90, 70)
      await sharp(data, { raw: { width, height, channels: 4 } })
        .removeAlpha()
        .toFile(path(name))
    }
  })

  it('writes a mask and an overlay, prints one line, and ends', async () => {
    const { code, stdout, stderr } = await spawnAtrous(['segment', path('photo.png'), ...common()])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const [mask, overlay] = [path('out/photo.mask.png'), path('out/photo.overlay.png')]
    expect(stdout.startsWith(`${path('photo.png')}: class `)).to.equal(true)
    expect(stdout).to.match(/^[^\n]*: (class \d [\d.]+ %(, )?)+ → [^\n]* \([\d.]+ s\)\n$/)
    expect(stdout).to.include(`→ ${mask}, ${overlay} (`)
    expect(await readMaskPng(mask)).to.include({ width: 90, height: 70 })
    expect(existsSync(overlay)).to.equal(true)
  })

  it('--crf (slow)', async () => {
    const masks: Uint8Array[] = []
    for (const crf of [[], ['--crf'], ['--crf', 'default'], ['--crf', '3,3,10,80,13'], ['--crf', 'v2']]) {
      const args = [...common(), '--no-overlay', '--overwrite', ...crf]
      expect((await atrous('segment', path('photo.png'), ...args)).code).to.equal(0)
      masks.push((await readMaskPng(path('out/photo.mask.png'))).mask)
    }
    const [plain, bare, byName, byNumbers, other] = masks
    expect(bare).to.deep.equal(byName).and.to.deep.equal(byNumbers)
    expect(bare).to.not.deep.equal(plain)
    expect(other).to.not.deep.equal(bare)
  })

  it("--tile, at the photo's own scale", async () => {
    const args = ['--model', path('model'), '--out', path('out'), '--tile', '64', '--overlap', '0.5']
    const { code, stdout, stderr } = await atrous('segment', path('photo.png'), ...args)
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.include(`→ ${path('out/photo.mask.png')}, ${path('out/photo.overlay.png')} (`)
    const model = await DeepLab.load(path('model'), { tune: 'off' })
    const { mask } = await model.segment(path('photo.png'), { tile: 64, overlap: 0.5 })
    await model.dispose()
    expect((await readMaskPng(path('out/photo.mask.png'))).mask).to.deep.equal(mask)
  })

  it('refuses what does not go with --tile, in one line', async () => {
    const refusal = async (...args: string[]) =>
      (await atrous('segment', path('photo.png'), ...common(), ...args)).stderr.trim()
    expect(await refusal('--tile', '64', '--crf')).to.equal(
      'error: --crf: a CRF takes the whole photo at once: leave it out, or --tile with a smaller photo',
    )
    expect(await refusal('--overlap', '0.5')).to.equal('error: --overlap: expected --tile with it')
    expect(await refusal('--tile', '64', '--explain')).to.equal(
      'error: --explain: expected no --tile: --size 64 is what a window of it runs',
    )
    expect(await refusal('--tile', '8')).to.include('Expected a number of pixels from 32 to 16384.')
  })

  it('--json', async () => {
    const files = [path('photo.png'), path('other/photo.jpg')]
    const { code, stdout, stderr } = await atrous('segment', ...files, ...common(), '--flip', '--json')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const results = JSON.parse(stdout)
    expect(results).to.have.length(2)
    expect(results[0]).to.have.all.keys(
      'file',
      'width',
      'height',
      'classes',
      'mask',
      'overlay',
      'milliseconds',
    )
    expect(results[0].classes[0]).to.have.all.keys('id', 'name', 'colour', 'share')
    expect(results.map(({ file }: { file: string }) => file)).to.deep.equal(files)
    expect(results[1]).to.include({ mask: path('out/photo-2.mask.png'), width: 90, height: 70 })
    for (const { mask, overlay } of results)
      for (const file of [mask, overlay]) expect(existsSync(file), file).to.equal(true)
  })

  it('--explain runs nothing and writes nothing', async () => {
    const { code, stdout } = await atrous('segment', path('photo.png'), ...common(), '--explain')
    expect(code).to.equal(0)
    expect(stdout)
      .to.match(/^op +kernel/)
      .and.to.match(/\d+ dispatches, [\d.]+ GMAC/)
    expect(existsSync(path('out'))).to.equal(false)
  })

  it('--precision fp16, if this GPU supports it', async function () {
    await needsFloat16.call(this)
    const half = await atrous('segment', path('photo.png'), ...common(), '--precision', 'fp16')
    expect(half).to.include({ code: 0, stderr: '' })
    expect(await readMaskPng(path('out/photo.mask.png'))).to.include({ width: 90, height: 70 })
    const weights = async (...precision: string[]) => {
      const { stdout } = await atrous('segment', path('photo.png'), ...common(), '--explain', ...precision)
      return Number(/weights ([\d.]+) MB/.exec(stdout)![1])
    }
    expect(await weights('--precision', 'fp16')).to.be.below(0.6 * (await weights()))
  })

  it('gives results of the same name different names', () => {
    const inputs = ['a/cat.jpg', 'b/cat.png', 'Cat.jpg', 'cat-2.jpg', 'dog.tar.png']
    const { photo } = resultNamer()
    expect(inputs.map(input => photo(input))).to.deep.equal(['cat', 'cat-2', 'Cat-3', 'cat-2-2', 'dog.tar'])
  })
})
