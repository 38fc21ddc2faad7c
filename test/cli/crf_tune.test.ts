import { expect } from 'chai'
import sharp from 'sharp'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { writeLabels, writeVoc } from '../node/tiny_dataset.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel } from './support.ts'

const CLASSES = ['sky', 'road', 'car', 'tree', 'pole']

describe('atrous crf tune', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  const tune = (...args: string[]) => {
    const options = ['--dataset', `voc:${path('voc')}`, '--model', path('model'), '--size', '65', '-q']
    return atrous('crf', 'tune', ...options, ...args)
  }

  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeVoc(path('voc'), ['a'], CLASSES)
    const { width, height, data } = blocksPhoto(90, 70)
    const photo = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha()
    await photo.toFile(path('voc/JPEGImages/a.jpg'))
    const labels = Array.from({ length: width * height }, (_, i) => (i % width < 45 ? 0 : 2))
    await writeLabels(path('voc/SegmentationClass/a.png'), width, height, labels)
  })

  it('scores every combination as evaluate does, and names the best (slow)', async () => {
    const grid = ['--pos-w', '3', '--pos-xy', '3', '--bi-w', '0,10', '--bi-xy', '30', '--bi-rgb', '5,60']
    const { code, stdout } = await tune(...grid, '--json')
    expect(code).to.equal(0)
    const { none, best, tried } = JSON.parse(stdout)
    const names = tried.map(({ parameters: { posW, posXy, biW, biXy, biRgb } }: typeof best) =>
      [posW, posXy, biW, biXy, biRgb].join(),
    )
    expect(names).to.deep.equal(['3,3,0,30,5', '3,3,0,30,60', '3,3,10,30,5', '3,3,10,30,60'])
    expect(none.parameters).to.equal(null)
    const highest = Math.max(...[none, ...tried].map(({ mIoU }) => mIoU))
    expect(best.mIoU).to.equal(highest)
    expect(new Set(tried.map(({ pixelAccuracy }: typeof best) => pixelAccuracy)).size).to.be.above(1)
    const evaluated = await atrous(
      ...['evaluate', '--dataset', `voc:${path('voc')}`, '--model', path('model'), '--size', '65'],
      ...['--json', '-q', '--crf', names[2]],
    )
    const { mIoU, pixelAccuracy } = JSON.parse(evaluated.stdout)
    expect(tried[2]).to.include({ mIoU, pixelAccuracy })
  })

  it('prints a table', async () => {
    const { code, stdout } = await tune('--pos-xy', '3', '--bi-w', '4', '--bi-xy', '50', '--bi-rgb', '5')
    expect(code).to.equal(0)
    const lines = stdout.split('\n')
    expect(lines[0]).to.match(/^pos_w +pos_xy +bi_w +bi_xy +bi_rgb +mean IoU +accuracy$/)
    expect(lines[1]).to.match(/^no CRF +[\d.]+ % +[\d.]+ %$/)
    expect(lines[2]).to.match(/^3 +3 +4 +50 +5 +[\d.]+ % +[\d.]+ %$/)
    expect(lines[4]).to.match(/^best: (--crf 3,3,4,50,5|no CRF)$/)
  })

  it('refuses values that no CRF takes, and too many', async () => {
    const cases: [string[], string][] = [
      [['--pos-xy', '0'], 'error: crf: posXy: expected a number above 0, at most 1000000, got 0\n'],
      [
        ['--bi-w', new Array(101).fill(4).join()],
        'error: crf tune: expected at most 1000 combinations, got 1212\n',
      ],
    ]
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await tune(...args)
      expect({ code, stdout, stderr }).to.deep.equal({ code: 1, stdout: '', stderr: expected })
    }
    expect((await tune('--bi-w', '4,x')).stderr).to.match(/Expected a number/)
  })
})
