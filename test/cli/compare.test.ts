import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { writeVoc } from '../node/tiny_dataset.ts'
import { atrous, saveTinyModel } from './support.ts'

const CLASSES = ['sky', 'road', 'car', 'tree', 'pole']

describe('atrous compare', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  beforeEach(async () => {
    await saveTinyModel(path('first'))
    await saveTinyModel(path('second'))
    await sharp({ create: { width: 40, height: 30, channels: 3, background: 'grey' } })
      .png()
      .toFile(path('photo.png'))
  })

  const compare = (...args: string[]) =>
    atrous('compare', ...args, '--size', '33', '--out', path('out/compare.png'))

  it('prints a row for each model, and writes one picture with the photo and both masks', async () => {
    const { code, stdout } = await compare(path('photo.png'), '-m', path('first'), path('second'))
    expect(code).to.equal(0)
    const [heading, first, second, , picture] = stdout.split('\n')
    expect(heading).to.match(/^model +G multiply-adds +M parameters +ms +GPU$/)
    expect(first).to.match(/first +\d+\.\d\d +\d+\.\d\d +[\d.]+ +[\d.]+ .?B$/)
    expect(second).to.match(/second +\d/)
    expect(picture).to.equal(path('out/compare.png'))
    const { width, height } = await sharp(picture).metadata()
    expect(width).to.be.at.least(12 + 3 * (40 + 12))
    expect(height, 'with a legend of a row at least').to.be.within(12 + 60 + 12 + 30, 12 + 60 + 12 + 200)
  })

  it('says without a terminal what it does, and leaves the place of a network without weights empty', async () => {
    const models = [path('first'), 'deeplabv3plus_mobilenet_v2']
    const { stdout, stderr } = await compare(path('photo.png'), '-m', ...models)
    const stages = stderr.trim().split('\n')
    expect(stages[0]).to.equal(`1 of 2 · ${path('first')}: load`)
    expect(stages).to.include(`1 of 2 · ${path('first')}: mask`)
    expect(stages).to.include('2 of 2 · deeplabv3plus_mobilenet_v2: warm calls')
    const picture = stdout.trim().split('\n').at(-1)!
    const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true })
    expect(info.width).to.be.at.least(12 + 3 * (40 + 12))
    const middle = (12 + 30 + 15) * info.width + 12 + 2 * (40 + 12) + 20
    expect([...data.subarray(middle * info.channels, middle * info.channels + 3)]).to.deep.equal([
      238, 238, 238,
    ])
    expect((await compare(path('photo.png'), '-m', path('first'), '--overwrite', '--quiet')).stderr).to.equal(
      '',
    )
  })

  it('has the costs of a preset, which has no weights, and says so', async () => {
    const { code, stdout } = await compare(path('photo.png'), '-m', 'deeplabv3plus_mobilenet_v2', '--json')
    expect(code).to.equal(0)
    const [result] = JSON.parse(stdout).results
    expect(result).to.include({ model: 'deeplabv3plus_mobilenet_v2', trained: false })
    expect(result.parameters).to.be.within(2.7e6, 2.8e6)
    expect(result).to.not.have.property('mIoU')
  })

  it('adds mean IoU on a dataset, whose first photo is then in the picture', async () => {
    await writeVoc(path('voc'), ['a', 'b', 'c'], CLASSES)
    const { code, stdout } = await compare('--dataset', `voc:${path('voc')}`, '-m', path('first'), '--json')
    expect(code).to.equal(0)
    expect(JSON.parse(stdout).results[0].mIoU).to.be.within(0, 1)
  })

  it('goes on after a model that fails, and ends with its error (slow)', async () => {
    const { code, stdout, stderr } = await compare(path('photo.png'), '-m', 'nothing', path('first'))
    expect(code).to.equal(1)
    expect(stdout).to.match(/first +\d/)
    expect(stderr).to.match(/error: nothing: .*neither a file nor a folder/)
  })

  it('replaces no file without --overwrite, and needs a photo or a dataset', async () => {
    await atrous('compare', '-m', path('first')).then(({ code, stderr }) =>
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'error: expected a photo or --dataset\n' }),
    )
    await writeFile(path('taken.png'), 'mine')
    const { code, stderr } = await atrous(
      ...['compare', path('photo.png'), '-m', path('first'), '--out', path('taken.png')],
    )
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr: `error: ${path('taken.png')} exists: --overwrite replaces it, --out takes another file\n`,
    })
  })
})
