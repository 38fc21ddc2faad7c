import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { writeHalves } from '../node/halves_dataset.ts'
import { atrous } from './support.ts'
import { errorOf, useTraining } from './train_support.ts'

describe('atrous train --unlabelled', () => {
  const { path, command, model, metrics } = useTraining()
  beforeEach(async () => {
    await writeHalves(path('more'), 6)
    await rename(path('more/JPEGImages'), path('photos'))
  })

  const more = () => ['--unlabelled', path('photos'), '--confidence', '0.6', '--unlabelled-weight', '0.5']

  it('learns from a folder of photos, and resumes bit for bit (slow)', async () => {
    await atrous(...command('straight', ...more()))
    await atrous(...command('run', ...more(), '--stop-after', '3'))
    await atrous('train', '--out', path('run'), '--resume')
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    for (const step of await metrics('run')) expect(step).to.include.keys('confident', 'unlabelledLoss')
    const { recipe, unlabelled } = JSON.parse(
      await readFile(path('run/checkpoints/step-6/training.json'), 'utf8'),
    )
    expect(recipe).to.include({ confidence: 0.6, unlabelledWeight: 0.5 })
    expect(unlabelled).to.equal(6)
    const settings = JSON.parse(await readFile(path('run/run.json'), 'utf8'))
    expect(settings).to.include({ unlabelled: path('photos'), unlabelledSplit: null })
  })

  it('learns from a split of a dataset, whose masks it does not read', async () => {
    await rename(path('voc/SegmentationClass/photo3.png'), path('away.png'))
    await writeFile(path('voc/ImageSets/Segmentation/train.txt'), 'photo0\nphoto1\n')
    await writeFile(path('voc/ImageSets/Segmentation/rest.txt'), 'photo2\nphoto3\n')
    const options = ['--unlabelled', `voc:${path('voc')}`, '--unlabelled-split', 'rest', '--steps', '1']
    const { code, stderr } = await atrous(...command('run', ...options))
    expect(code, stderr).to.equal(0)
    const [step] = await metrics('run')
    expect(step).to.include.keys('confident', 'unlabelledLoss')
  })

  it('stops at a damaged photo with advice, and goes on with --skip-bad (slow)', async () => {
    await writeFile(path('photos/photo1.jpg'), 'no photo')
    const error = await errorOf(command('run', ...more()))
    expect(error).to.match(/photo1\.jpg: /)
    const { code, stderr } = await atrous(...command('other', ...more(), '--skip-bad'))
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/photo1\.jpg: .*; training goes on without this image/)
  })

  it('refuses an empty folder, and a split without a dataset, in one line', async () => {
    await mkdir(path('empty'))
    expect(await errorOf(command('run', '--unlabelled', path('empty')))).to.equal(
      `error: ${path('empty')}: there are no photos\n`,
    )
    const split = ['--unlabelled', path('photos'), '--unlabelled-split', 'train']
    expect(await errorOf(command('run', ...split))).to.equal(
      'error: --unlabelled-split: expected with --unlabelled and a dataset, such as voc:data/VOC2012\n',
    )
  })
})
