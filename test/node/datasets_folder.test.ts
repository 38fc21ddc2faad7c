import { rm } from 'node:fs/promises'
import { expect } from 'chai'
import { openDataset } from '../../src/node/datasets/open.ts'
import { problemsOf, refusal } from './dataset_support.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeLabels, writePhoto, writeText } from './tiny_dataset.ts'

describe('datasets', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  describe('folder:', () => {
    const open = (split: string) => openDataset(`folder:${path('own')}`, { split })

    async function writeOwn(ids: string[]) {
      for (const id of ids) {
        await writePhoto(path(`own/images/${id}.jpg`), 4, 3)
        await writeLabels(path(`own/masks/${id}.png`), 4, 3, 1)
      }
      await writeText(path('own/classes.txt'), 'background', 'mug')
    }

    it('holds back a fifth of the images, always the same ones', async () => {
      await writeOwn(Array.from({ length: 10 }, (_, i) => `IMG_${i}`))
      const [train, val, all] = await Promise.all(['train', 'val', 'all'].map(open))
      expect([train.size, val.size, all.size]).to.deep.equal([8, 2, 10])
      expect([...train.ids, ...val.ids].sort()).to.deep.equal(all.ids)
      expect(val.ids, 'users rely on this choice').to.deep.equal(['IMG_0', 'IMG_4'])
      expect(await train.read(3)).to.deep.include({ width: 4, height: 3, mask: new Uint8Array(12).fill(1) })
      expect(train.classNames).to.deep.equal(['background', 'mug'])
    })

    it('uses the lists in the folder splits', async () => {
      await writeOwn(['a', 'b', 'c'])
      await writeText(path('own/splits/val.txt'), 'c', 'a')
      expect((await open('val')).ids).to.deep.equal(['c', 'a'])
      expect(await refusal(() => open('train'))).to.match(/splits: no split "train"; there is val$/)
    })

    it('reports images without masks and masks without images', async () => {
      await writeOwn(['a', 'b', 'c'])
      await rm(path('own/images/a.jpg'))
      await rm(path('own/masks/c.png'))
      const dataset = await open('all')
      expect(dataset.ids).to.deep.equal(['a', 'b', 'c'])
      expect(await problemsOf(dataset)).to.deep.equal({
        kinds: ['unreadable', 'unreadable'],
        first: `${path('own/images/a.jpg')}: no such file or folder`,
      })
    })

    it('reports missing files and splits', async () => {
      await writeOwn(['a'])
      expect(await refusal(() => open('test'))).to.match(
        /no split "test"; .* the splits are train, val and all$/,
      )
      expect(await refusal(() => open('train'))).to.match(/split train: there are no images$/)
      await rm(path('own/classes.txt'))
      expect(await refusal(() => open('all'))).to.equal(
        `${path('own/classes.txt')}: no such file or folder; it holds the names of the classes, one on each line: the first is that of the pixels of 0 in the masks, such as background`,
      )
    })
  })

  it('of unknown kinds are refused', async () => {
    for (const text of ['voc', 'voc:', 'ade20k:here', 'constructor:here'])
      expect(await refusal(() => openDataset(text, { split: 'val' }))).to.equal(
        `dataset "${text}": expected voc:, folder:, coco:, coco-voc:, labelme: and a folder, such as voc:data/VOC2012`,
      )
  })
})
