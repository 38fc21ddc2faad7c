// `atrous export`: datasets in other formats, and a model's masks of photos.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { openDataset } from '../../src/node/datasets/open.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { CLASSES, hardMasks } from '../data/hard_masks.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { writeLabels, writePhoto, writeText } from '../node/tiny_dataset.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel, writePng } from './support.ts'

describe('atrous export', () => {
  const path = useTemporaryFolder()
  const masks = hardMasks().slice(0, 14)
  const name = (i: number) => `p${String(i).padStart(2, '0')}`
  const exportTo = (format: string, source: string, ...more: string[]) =>
    atrous('export', source, '--format', format, '--out', path(format), ...more)

  beforeEach(async () => {
    await mkdir(path('mine'))
    for (const [i, { mask, width, height }] of masks.entries()) {
      await writePhoto(path(`mine/images/${name(i)}.${i % 2 ? 'jpg' : 'png'}`), width, height)
      await writeLabels(path(`mine/masks/${name(i)}.png`), width, height, [...mask])
    }
    await writeText(path('mine/classes.txt'), ...CLASSES)
  })

  const masksOf = async (description: string) => {
    const dataset = await openDataset(description, { split: 'all' })
    expect(dataset.classNames).to.deep.equal(CLASSES)
    const read = dataset.ids.map(async (_, i) => [...(await dataset.read(i)).mask])
    return Promise.all(read)
  }
  const exact = masks.map(({ mask }) => [...mask])

  for (const format of ['labelme', 'voc'])
    it(`writes ${format}, from which the same masks are read`, async () => {
      const { code, stderr } = await exportTo(format, `folder:${path('mine')}`)
      expect([code, stderr]).to.deep.equal([0, ''])
      expect(await masksOf(`${format}:${path(format)}`)).to.deep.equal(exact)
    })

  it('writes coco, and says what COCO cannot say', async () => {
    const { code, stderr, stdout } = await exportTo('coco', `folder:${path('mine')}`)
    expect(code).to.equal(0)
    expect(stderr).to.match(
      /^warning: COCO has no label for pixels that are not scored \(255\): in \d+ of 14/,
    )
    const index = path('coco/annotations/instances_all.json')
    expect(stdout).to.equal(`14 photos with labels of 3 classes: ${index}\n`)
    expect(await masksOf(`coco:${path('coco')}`)).to.deep.equal(
      exact.map(mask => mask.map(id => (id === 255 ? 0 : id))),
    )
    const { annotations } = JSON.parse(await readFile(index, 'utf8'))
    expect(annotations.map(({ id }: { id: number }) => id)).to.deep.equal([
      ...Array.from(annotations, (_, i) => i + 1),
    ])
  })

  it('goes from each format to the next', async () => {
    await exportTo('labelme', `folder:${path('mine')}`)
    await exportTo('voc', `labelme:${path('labelme')}`)
    expect(await masksOf(`voc:${path('voc')}`)).to.deep.equal(exact)
  })

  it('turns photos for voc, which are JPEGs there', async () => {
    const file = path('mine/images/p04.png')
    const { width, height } = masks[4]
    await sharp({ create: { width: height, height: width, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .png()
      .toFile(file)
    expect((await exportTo('voc', `folder:${path('mine')}`)).code).to.equal(0)
    const found = await sharp(path('voc/JPEGImages/p04.jpg')).metadata()
    expect([found.format, found.width, found.height, found.orientation ?? 1]).to.deep.equal([
      'jpeg',
      width,
      height,
      1,
    ])
  })

  it("writes a model's masks of photos, and resumes", async () => {
    await saveTinyModel(path('model'))
    await mkdir(path('photos'))
    for (let i = 0; i < 2; i++) await writePng(path(`photos/${i}.png`), blocksPhoto(40, 32, i))
    const segment = (...more: string[]) =>
      exportTo('labelme', path('photos'), '--model', path('model'), '--size', '33', ...more)
    const { code, stdout } = await segment()
    expect(code).to.equal(0)
    expect(stdout).to.match(/2 photos with labels of \d+ classes: .*classes\.txt\n$/)
    const dataset = await openDataset(`labelme:${path('labelme')}`, { split: 'all' })
    for (const [i, id] of dataset.ids.entries()) {
      const { mask } = await readMaskPng(path(`labelme/masks/${id}.mask.png`))
      expect([...(await dataset.read(i)).mask]).to.deep.equal([...mask])
    }
    expect((await segment()).stderr).to.match(/exists: --overwrite replaces it\n$/)
    await rm(path('labelme/1.json'))
    const again = await segment('--resume', '--overwrite')
    expect([again.code, again.stdout.split('\n').length]).to.deep.equal([0, 2])
    expect(await readdir(path('labelme'))).to.include('1.json')
  })

  it('leaves no list of photos if one has no labels', async () => {
    await rm(path('mine/masks/p03.png'))
    const { code, stderr } = await exportTo('voc', `folder:${path('mine')}`)
    expect(code).to.equal(1)
    expect(stderr).to.match(/^error: .*p03\.jpg: .*masks.p03\.png: no such file or folder\n$/)
    expect(await readdir(path('voc'))).to.not.include('ImageSets')
  })

  it('refuses in one line, before it writes anything', async () => {
    await writeFile(path('mine/masks.tar'), '')
    const odd: [string[], RegExp][] = [
      [[path('nothing')], /nothing: no such file or folder/],
      [['folder:here', 'folder:there'], /^error: folder:here: a dataset is exported alone\n$/],
      [
        [`folder:${path('mine')}`, '--model', 'scenes'],
        /^error: --model: folder:.*mine is a dataset, which has its labels\n$/,
      ],
      [[`folder:${path('mine')}`, '--split', '../x'], /^error: --split: expected letters and digits/],
      [['-'], /^error: -: expected photos in files/],
      [[path('mine/masks.tar')], /masks\.tar: expected photos in files/],
    ]
    for (const [[source, ...more], message] of odd) {
      const { code, stderr } = await exportTo('coco', source, ...more)
      expect([code, stderr.split('\n').length], stderr).to.deep.equal([1, 2])
      expect(stderr).to.match(message)
    }
    expect((await exportTo('pascal', 'folder:x')).stderr).to.match(/Allowed choices are coco, labelme, voc/)
    expect(await readdir(path(''))).to.deep.equal(['mine'])
  })
})
