import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { openDataset } from '../../src/node/datasets/open.ts'
import { skip } from '../support/skip.ts'
import { refusal } from './dataset_support.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeLabels, writePhoto, writeText, writeVoc } from './tiny_dataset.ts'

describe('datasets', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  describe('lists', () => {
    const open = (split = 'val') => openDataset(`voc:${path('voc')}`, { split })
    const list = () => path('voc/ImageSets/Segmentation/val.txt')
    beforeEach(() => writeVoc(path('voc'), ['a'], ['sky', 'road']))

    it('must be UTF-8 without control characters, with lines of limited length', async () => {
      const odd = 'line 2 is longer than 1000 characters, or holds control characters'
      const complaints: [string | Uint8Array, string][] = [
        ['a\nb\u001b[31m\n', odd],
        ['a\nb\0\n', odd],
        [`a\n${'b'.repeat(1001)}\n`, odd],
        [
          Buffer.from('a\nb\n', 'utf16le'),
          'line 1 is longer than 1000 characters, or holds control characters',
        ],
        [Uint8Array.of(0xff, 0xfe, 97, 0), 'is not UTF-8 text'],
        [new Uint8Array(50).fill(0xc3), 'is not UTF-8 text'],
      ]
      for (const file of [list(), path('voc/classes.txt')])
        for (const [content, complaint] of complaints) {
          const whole = await readFile(file)
          await writeFile(file, content)
          expect(await refusal(() => open())).to.equal(`${file}: ${complaint}`)
          await writeFile(file, whole)
        }
    })

    it('must name files within the folder, none of them twice', async () => {
      for (const line of ['../../a', '..', 'a/../../b', '/JPEGImages/a.jpg /../b.png', '..\\a']) {
        await writeText(list(), line)
        expect(await refusal(() => open())).to.equal(`${list()}: ${line} points outside the dataset's folder`)
      }
      await writeText(list(), 'a', 'b', 'a')
      expect(await refusal(() => open())).to.match(/split val: the image a is listed twice$/)
    })

    it('must be files in the folder', async () => {
      await writeText(path('voc/secret.txt'), 'a')
      expect(await refusal(() => open('../../secret'))).to.match(
        /no split "\.\.\/\.\.\/secret"; there is val$/,
      )
      await rm(list())
      await mkdir(list())
      expect(await refusal(() => open())).to.equal(`${list()}: is a folder, not a file`)
    })

    it('with ten thousand classes are refused', async () => {
      await writeText(path('voc/classes.txt'), ...Array.from({ length: 10_000 }, (_, i) => `class ${i}`))
      expect(await refusal(() => open())).to.match(/split val: expected 2 to 255 classes, got 10000$/)
    })

    it('of splits are shortened in messages', async () => {
      for (let i = 0; i < 30; i++) await writeText(path(`voc/ImageSets/Segmentation/s${i}\u0007.txt`), 'a')
      const message = await refusal(() => open('test'))
      expect(message)
        .to.match(/there is s0\?, s1\?, .*, …$/)
        .and.to.have.lengthOf.at.most(300)
    })
  })

  it('with control characters in the names of files are refused', async function () {
    if (process.platform === 'win32') skip(this, 'not on Windows')
    await writePhoto(path('own/images/red\u001b[31m.jpg'), 4, 3)
    await writeLabels(path('own/masks/a.png'), 4, 3, 1)
    await writeText(path('own/classes.txt'), 'background', 'mug')
    expect(await refusal(() => openDataset(`folder:${path('own')}`, { split: 'all' }))).to.match(
      /the name of an image is too long or holds control characters: red\?\[31m$/,
    )
  })
})
