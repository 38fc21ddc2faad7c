import { rm } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { vocClasses } from '../../src/data/class_names.ts'
import { checkDataset } from '../../src/node/datasets/check.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { refusal } from './dataset_support.ts'
import { sharedFile, useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeLabels, writePhoto, writeText, writeVoc } from './tiny_dataset.ts'

describe('datasets', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  describe('voc:', () => {
    const open = (split = 'val') => openDataset(`voc:${path('voc')}`, { split })

    it('reads photos and labels in the order of the list', async () => {
      await writeVoc(path('voc'), ['b', 'a', 'c.1'], ['sky', 'road'])
      const dataset = await open()
      expect(dataset).to.deep.include({ size: 3, ids: ['b', 'a', 'c.1'], classNames: ['sky', 'road'] })
      expect(dataset.name).to.equal(`voc:${path('voc')}, split val`)
      const { id, image, mask, width, height } = await dataset.read(1)
      expect({ id, width, height }).to.deep.equal({ id: 'a', width: 12, height: 10 })
      expect(image).to.include({ width: 12, height: 10, originalWidth: 12, originalHeight: 10 })
      expect(image.data).to.have.length(12 * 10 * 4)
      expect(mask).to.deep.equal(new Uint8Array(120).fill(1))
      expect(await dataset.readLabels(1)).to.deep.equal({ mask, width, height })
      expect((await dataset.read(2)).mask[0]).to.equal(0)
    })

    it('has VOC’s classes unless classes.txt has others', async () => {
      await writeVoc(path('voc'), ['a'], ['sky', 'road'])
      await rm(path('voc/classes.txt'))
      expect((await open()).classNames).to.deep.equal(vocClasses)
    })

    it('reads greyscale PNGs of class ids, and PNG photos', async () => {
      await writeVoc(path('voc'), ['a'], ['sky', 'road'])
      await rm(path('voc/JPEGImages/a.jpg'))
      await writePhoto(path('voc/JPEGImages/a.png'), 3, 1)
      const raw = { width: 3, height: 1, channels: 1 } as const
      await sharp(Uint8Array.of(0, 1, 255), { raw })
        .toColourspace('b-w')
        .png()
        .toFile(path('voc/SegmentationClass/a.png'))
      expect([...(await (await open()).read(0)).mask]).to.deep.equal([0, 1, 255])
    })

    it('finds the extra masks of trainaug, by name and by path', async () => {
      await writeVoc(path('voc'), ['a'], ['sky', 'road'])
      await writePhoto(path('voc/JPEGImages/b.jpg'), 12, 10)
      await writeLabels(path('voc/SegmentationClassAug/b.png'), 12, 10, 1)
      const lists = path('voc/ImageSets/Segmentation')
      await writeText(`${lists}/trainaug.txt`, 'a', '', '  b ')
      await writeText(`${lists}/paths.txt`, '/JPEGImages/b.jpg /SegmentationClassAug/b.png')
      const named = await open('trainaug')
      expect(named.ids).to.deep.equal(['a', 'b'])
      expect((await named.read(1)).mask[0]).to.equal(1)
      expect((await (await open('paths')).read(0)).mask[0]).to.equal(1)
    })

    it('reports missing files and splits', async () => {
      await writeVoc(path('voc'), ['a'], ['sky', 'road'])
      expect(await refusal(() => open('test'))).to.match(/Segmentation: no split "test"; there is val$/)
      await writeText(path('voc/ImageSets/Segmentation/none.txt'), '', ' ')
      expect(await refusal(() => open('none'))).to.match(/none\.txt: the list is empty$/)
      await writeText(path('voc/classes.txt'), 'sky')
      expect(await refusal(() => open())).to.match(/expected 2 to 255 classes, got 1$/)
      await rm(path('voc/JPEGImages'), { recursive: true })
      expect(await refusal(() => open())).to.equal(`${path('voc/JPEGImages')}: no such file or folder`)
    })

    it('has a message for each file that does not fit', async () => {
      const ids = ['fine', 'no_photo', 'no_mask', 'wider', 'higher', 'odd_class', 'ignored', 'cut']
      await writeVoc(path('voc'), ids, ['sky', 'road'])
      const photo = (id: string) => path(`voc/JPEGImages/${id}.jpg`)
      const mask = (id: string) => path(`voc/SegmentationClass/${id}.png`)
      await rm(photo('no_photo'))
      await rm(mask('no_mask'))
      await writeLabels(mask('wider'), 13, 10, 0)
      await writeLabels(mask('higher'), 12, 11, 0)
      await writeLabels(mask('odd_class'), 12, 10, [2])
      await writeLabels(mask('ignored'), 12, 10, 255)
      await writeText(mask('cut'), 'no PNG')
      const { problems } = await checkDataset(await open())
      expect(problems.map(({ index, message }) => `${index} ${message}`)).to.deep.equal([
        `1 ${photo('no_photo')}: no such file or folder`,
        `2 ${mask('no_mask')}: no such file or folder`,
        `3 ${photo('wider')}: 12×10 pixels, but ${mask('wider')} 13×10`,
        `4 ${photo('higher')}: 12×10 pixels, but ${mask('higher')} 12×11`,
        '5 odd_class: holds class 2, but the last of the 2 classes is 1',
        '6 ignored: no pixel is labelled',
        `7 ${problems[6].message}`,
      ])
      expect(problems[6].message).to.include(`${mask('cut')}: not a PNG`)
      const dataset = await open()
      expect(await refusal(() => dataset.read(3))).to.equal(problems[2].message)
    })
  })

  it('CamVid has no problems', async function () {
    const folder = sharedFile(this, 'camvid')
    const dataset = await openDataset(`voc:${folder}`, { split: 'val' })
    expect(dataset.size).to.equal(101)
    const { problems, shares, pixels } = await checkDataset(dataset.select([0, 50, 100]))
    expect(problems).to.deep.equal([])
    expect(shares.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-12)
    expect(pixels.map(image => image.length)).to.deep.equal(new Array(3).fill(dataset.classNames.length))
    expect((await dataset.read(100)).image).to.include({ width: 480, height: 360 })
  })
})
