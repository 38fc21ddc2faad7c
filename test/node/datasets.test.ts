import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import type { Dataset } from '../../src/data/dataset.ts'
import { vocClasses } from '../../src/data/voc.ts'
import { UserError } from '../../src/errors.ts'
import { checkDataset } from '../../src/node/datasets/check.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { rejects } from '../support/rejects.ts'
import { sharedFile, useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeLabels, writePhoto, writeText, writeVoc } from './tiny_dataset.ts'

const refusal = async (run: () => unknown) => (await rejects(UserError, run)).message

/** A dataset's problems, and the text of the first. */
async function problemsOf(dataset: Dataset) {
  const { problems } = await checkDataset(dataset)
  return { kinds: problems.map(({ kind }) => kind), first: problems[0]?.message }
}

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

    it('says what is missing', async () => {
      await writeVoc(path('voc'), ['a'], ['sky', 'road'])
      expect(await refusal(() => open('test'))).to.match(/Segmentation: no split "test"; there is val$/)
      await writeText(path('voc/ImageSets/Segmentation/none.txt'), '', ' ')
      expect(await refusal(() => open('none'))).to.match(/none\.txt: the list is empty$/)
      await writeText(path('voc/classes.txt'), 'sky')
      expect(await refusal(() => open())).to.match(/expected 2 to 255 classes, got 1$/)
      await rm(path('voc/JPEGImages'), { recursive: true })
      expect(await refusal(() => open())).to.equal(`${path('voc/JPEGImages')}: no such file or folder`)
    })

    it('whose files do not fit has a line for each', async () => {
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

  describe('lists', () => {
    const open = (split = 'val') => openDataset(`voc:${path('voc')}`, { split })
    const list = () => path('voc/ImageSets/Segmentation/val.txt')
    beforeEach(() => writeVoc(path('voc'), ['a'], ['sky', 'road']))

    it('are UTF-8 without control characters, of lines of bounded length', async () => {
      const odd = 'line 2 is longer than 1000 characters, or holds control characters'
      const complaints: [string | Uint8Array, string][] = [
        ['a\nb\u001b[31m\n', odd],
        ['a\nb\0\n', odd],
        [`a\n${'b'.repeat(1001)}\n`, odd],
        [
          Buffer.from('a\nb\n', 'utf16le'),
          'line 1 is longer than 1000 characters, or holds control characters',
        ],
        [Uint8Array.of(0xff, 0xfe, 97, 0), 'is no text in UTF-8'],
        [new Uint8Array(50).fill(0xc3), 'is no text in UTF-8'],
      ]
      for (const file of [list(), path('voc/classes.txt')])
        for (const [content, complaint] of complaints) {
          const whole = await readFile(file)
          await writeFile(file, content)
          expect(await refusal(() => open())).to.equal(`${file}: ${complaint}`)
          await writeFile(file, whole)
        }
    })

    it('hold names within the folder, none of them twice', async () => {
      for (const line of ['../../a', '..', 'a/../../b', '/JPEGImages/a.jpg /../b.png', '..\\a']) {
        await writeText(list(), line)
        expect(await refusal(() => open())).to.equal(`${list()}: ${line} leads out of the dataset's folder`)
      }
      await writeText(list(), 'a', 'b', 'a')
      expect(await refusal(() => open())).to.match(/split val: the image a is listed twice$/)
    })

    it('are files, and are those of the folder', async () => {
      await writeText(path('voc/secret.txt'), 'a')
      expect(await refusal(() => open('../../secret'))).to.match(
        /no split "\.\.\/\.\.\/secret"; there is val$/,
      )
      await rm(list())
      await mkdir(list())
      expect(await refusal(() => open())).to.equal(`${list()}: is a folder, not a file`)
    })

    it('of ten thousand classes are refused', async () => {
      await writeText(path('voc/classes.txt'), ...Array.from({ length: 10_000 }, (_, i) => `class ${i}`))
      expect(await refusal(() => open())).to.match(/split val: expected 2 to 255 classes, got 10000$/)
    })

    it('of splits are cut short in messages', async () => {
      for (let i = 0; i < 30; i++) await writeText(path(`voc/ImageSets/Segmentation/s${i}\u0007.txt`), 'a')
      const message = await refusal(() => open('test'))
      expect(message)
        .to.match(/there is s0\?, s1\?, .*, …$/)
        .and.to.have.lengthOf.at.most(300)
    })
  })

  it('with control characters in the names of files are refused', async function () {
    if (process.platform === 'win32') this.skip()
    await writePhoto(path('own/images/red\u001b[31m.jpg'), 4, 3)
    await writeLabels(path('own/masks/a.png'), 4, 3, 1)
    await writeText(path('own/classes.txt'), 'background', 'mug')
    expect(await refusal(() => openDataset(`folder:${path('own')}`, { split: 'all' }))).to.match(
      /the name of an image is too long or holds control characters: red\?\[31m$/,
    )
  })

  describe('folder:', () => {
    const open = (split: string) => openDataset(`folder:${path('own')}`, { split })

    async function writeOwn(ids: string[]) {
      for (const id of ids) {
        await writePhoto(path(`own/images/${id}.jpg`), 4, 3)
        await writeLabels(path(`own/masks/${id}.png`), 4, 3, 1)
      }
      await writeText(path('own/classes.txt'), 'background', 'mug')
    }

    it('holds back a fifth of the images, always the same', async () => {
      await writeOwn(Array.from({ length: 10 }, (_, i) => `IMG_${i}`))
      const [train, val, all] = await Promise.all(['train', 'val', 'all'].map(open))
      expect([train.size, val.size, all.size]).to.deep.equal([8, 2, 10])
      expect([...train.ids, ...val.ids].sort()).to.deep.equal(all.ids)
      expect(val.ids, 'the choice is part of what users rely on').to.deep.equal(['IMG_0', 'IMG_4'])
      expect(await train.read(3)).to.deep.include({ width: 4, height: 3, mask: new Uint8Array(12).fill(1) })
      expect(train.classNames).to.deep.equal(['background', 'mug'])
    })

    it('keeps to the lists of a folder splits', async () => {
      await writeOwn(['a', 'b', 'c'])
      await writeText(path('own/splits/val.txt'), 'c', 'a')
      expect((await open('val')).ids).to.deep.equal(['c', 'a'])
      expect(await refusal(() => open('train'))).to.match(/splits: no split "train"; there is val$/)
    })

    it('misses no image without a mask, and no mask without an image', async () => {
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

    it('says what is missing', async () => {
      await writeOwn(['a'])
      expect(await refusal(() => open('test'))).to.match(/no split "test"; .* there is train, val and all$/)
      expect(await refusal(() => open('train'))).to.match(/split train: there are no images$/)
      await rm(path('own/classes.txt'))
      expect(await refusal(() => open('all'))).to.equal(`${path('own/classes.txt')}: no such file or folder`)
    })
  })

  describe('coco:', () => {
    const open = (kind = 'coco', split = 'val') => openDataset(`${kind}:${path('coco')}`, { split })
    // biome-ignore format: one outline
    const square = (x: number, y: number, edge: number) =>
      [x, y, x + edge, y, x + edge, y + edge, x, y + edge]
    const annotation = (image: number, category: number, segmentation: unknown, area = 2000) => ({
      image_id: image,
      category_id: category,
      segmentation,
      area,
    })

    async function writeCoco(annotations: object[], images = [1]) {
      const json = {
        images: images.map(id => ({ id, file_name: `${id}.jpg`, width: 8, height: 6 })),
        annotations,
        categories: [
          { id: 63, name: 'couch' },
          { id: 17, name: 'cat' },
          { id: 90, name: 'toothbrush' },
        ],
      }
      for (const id of images) await writePhoto(path(`coco/val2017/${id}.jpg`), 8, 6)
      await writeText(path('coco/annotations/instances_val2017.json'), JSON.stringify(json))
    }

    it('draws outlines and bitmaps, and ignores where classes overlap', async () => {
      await writeCoco([
        annotation(1, 17, [square(1, 1, 3)]),
        annotation(1, 17, [square(2, 2, 2)]),
        annotation(1, 90, [square(3, 3, 2), square(6, 0, 1)]),
        annotation(1, 63, { size: [6, 8], counts: [46, 2] }),
      ])
      const dataset = await open()
      expect(dataset.classNames).to.deep.equal(['background', 'cat', 'couch', 'toothbrush'])
      const { mask, width, height } = await dataset.read(0)
      expect({ width, height }).to.deep.equal({ width: 8, height: 6 })
      expect(Array.from({ length: 6 }, (_, y) => [...mask.subarray(y * 8, y * 8 + 8)])).to.deep.equal([
        [0, 0, 0, 0, 0, 0, 3, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 0, 0],
        [0, 1, 1, 255, 3, 0, 0, 0],
        [0, 0, 0, 3, 3, 0, 0, 2],
        [0, 0, 0, 0, 0, 0, 0, 2],
      ])
    })

    it('fills the pixels whose centres are inside, and no others', async () => {
      await writeCoco([annotation(1, 17, [[0, 0, 5.6, 0, 0, 5.6]])])
      const { mask } = await (await open()).read(0)
      mask.forEach((id, i) => {
        const [x, y] = [(i % 8) + 0.5, Math.floor(i / 8) + 0.5]
        expect(id, `${x}, ${y}`).to.equal(x + y < 5.6 ? 1 : 0)
      })
    })

    it('has an image without annotations, all background', async () => {
      await writeCoco([])
      expect((await (await open()).read(0)).mask).to.deep.equal(new Uint8Array(48))
    })

    it('coco-voc: takes VOC’s classes, and images with over 1000 pixels of them', async () => {
      await writeCoco(
        [
          annotation(1, 63, [square(0, 0, 2)], 600),
          annotation(1, 17, [square(4, 0, 2)], 401),
          annotation(1, 90, [square(0, 3, 2)], 9999),
          annotation(2, 63, [square(0, 0, 2)], 1000),
          annotation(2, 90, [square(0, 3, 2)], 9999),
        ],
        [1, 2, 3],
      )
      const dataset = await open('coco-voc', 'val2017')
      expect(dataset.ids).to.deep.equal(['1.jpg'])
      expect(dataset.classNames).to.deep.equal(vocClasses)
      const { mask } = await dataset.read(0)
      expect(new Set(mask)).to.deep.equal(new Set([18, 0, 8]))
    })

    it('says what makes no sense', async () => {
      await writeCoco([annotation(1, 17, [[1, 2, 3]])])
      expect(await problemsOf(await open())).to.deep.equal({
        kinds: ['unreadable'],
        first: '1.jpg: an outline of 3 coordinates: expected at least 6 numbers',
      })
      await writeCoco([annotation(1, 17, { size: [8, 6], counts: [48] })])
      expect((await problemsOf(await open())).first).to.equal(
        '1.jpg: a bitmap of 6×8 pixels in an image of 8×6',
      )
      await writeCoco([annotation(1, 18, [square(0, 0, 2)])])
      expect(await refusal(() => open())).to.match(/an annotation is of category 18, which is not listed$/)
      expect(await refusal(() => open('coco', 'test'))).to.match(
        /annotations: no instances_test\.json; there are the splits val2017$/,
      )
      await writeText(path('coco/annotations/instances_val2017.json'), '{"images": [')
      expect(await refusal(() => open())).to.match(/instances_val2017\.json: not JSON, or cut short$/)
      await writeText(path('coco/annotations/instances_val2017.json'), '{"images": []}')
      expect(await refusal(() => open())).to.match(/instances_val2017\.json: annotations: /)
    })

    it('refuses records that are none, and what contradicts itself', async () => {
      const file = path('coco/annotations/instances_val2017.json')
      await writeCoco([annotation(1, 17, [square(0, 0, 2)])])
      const whole = JSON.parse(await readFile(file, 'utf8'))
      const image = whole.images[0]
      const anImage = 'images.0: expected an image: an object with id, file_name, width and height'
      const anAnnotation = /annotations\.0: expected an annotation: an object with image_id, /
      const twice = (name: string) => ({ ...whole, [name]: [whole[name][0], ...whole[name]] })
      const withImage = (fields: object) => ({ ...whole, images: [{ ...image, ...fields }] })
      const withRegion = (segmentation: unknown) => ({
        ...whole,
        annotations: [annotation(1, 17, segmentation)],
      })
      const complaints: [object, string | RegExp][] = [
        [withImage({ width: 1e9, height: 1e9 }), anImage],
        [withImage({ width: -8 }), anImage],
        [withImage({ height: '6' }), anImage],
        [withImage({ id: null }), anImage],
        [{ ...whole, images: [null] }, anImage],
        [withRegion(null), anAnnotation],
        [withRegion('<svg/>'), anAnnotation],
        [withRegion({ size: ['\u001b[2J', 8], counts: [48] }), anAnnotation],
        [withRegion({ counts: [48] }), anAnnotation],
        [withRegion({ size: [6, 8], counts: 48 }), anAnnotation],
        [twice('images'), 'two images have the id 1'],
        [twice('categories'), 'two categories have the id 63'],
        [{ ...whole, images: [image, { ...image, id: 2 }] }, 'the image 1.jpg is listed twice'],
        [withImage({ file_name: '../../secret.jpg' }), "../../secret.jpg leads out of the dataset's folder"],
        [withImage({ file_name: '..\\secret.jpg' }), "..\\secret.jpg leads out of the dataset's folder"],
        [withImage({ file_name: 'a\0b.jpg' }), /control characters: a\?b\.jpg$/],
        [
          { ...whole, categories: [{ id: 17, name: 'red\u001b[31m' }] },
          'category 17: the name holds control characters',
        ],
      ]
      for (const [json, complaint] of complaints) {
        await writeText(file, JSON.stringify(json))
        const message = await refusal(() => open())
        if (typeof complaint === 'string') expect(message.endsWith(complaint), message).to.equal(true)
        else expect(message).to.match(complaint)
      }
    })

    it('refuses outlines and runs that are none when they are drawn', async () => {
      const complaints: [unknown, string][] = [
        [[['"/><script>', 1, 2, 3, 4, 5]], 'an outline of 6 coordinates: expected at least 6 numbers'],
        [[1, 2, 3, 4, 5, 6], 'an outline of 0 coordinates: expected at least 6 numbers'],
        [['abcdef'], 'an outline of 0 coordinates: expected at least 6 numbers'],
        [[[1, 2, 3, 4, 5, 6, 7]], 'an outline of 7 coordinates: expected pairs of x and y'],
        [[[1, 2, 3, 4, 5, 1e300]], 'an outline with the coordinate 1e+300: it is far outside of the image'],
        [
          { size: [6, 8], counts: ['48'] },
          'a run-length mask of 48 pixels has runs that are no whole numbers',
        ],
      ]
      for (const [segmentation, complaint] of complaints) {
        await writeCoco([annotation(1, 17, segmentation)])
        expect((await problemsOf(await open())).first).to.equal(`1.jpg: ${complaint}`)
      }
    })

    it('allocates nothing for a size that the photo does not have', async () => {
      await writeCoco([annotation(1, 17, { size: [1e6, 1e6], counts: [1e12] })])
      const file = path('coco/annotations/instances_val2017.json')
      await writeText(
        file,
        (await readFile(file, 'utf8')).replace('"width":8,"height":6', '"width":1000000,"height":1000000'),
      )
      expect((await problemsOf(await open())).first).to.equal(
        `${path('coco/val2017/1.jpg')}: 8×6 pixels, but its labels 1000000×1000000`,
      )
    })
  })

  it('of no known kind are refused', async () => {
    for (const text of ['voc', 'voc:', 'ade20k:here', 'constructor:here'])
      expect(await refusal(() => openDataset(text, { split: 'val' }))).to.equal(
        `dataset "${text}": expected voc:, folder:, coco:, coco-voc: and a folder, such as voc:data/VOC2012`,
      )
  })

  it('CamVid is sound', async function () {
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
