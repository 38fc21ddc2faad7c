import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { vocClasses } from '../../src/data/class_names.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { problemsOf, refusal } from './dataset_support.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { writePhoto, writeText } from './tiny_dataset.ts'

describe('datasets', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

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

    it('reads an image without annotations as background', async () => {
      await writeCoco([])
      expect((await (await open()).read(0)).mask).to.deep.equal(new Uint8Array(48))
    })

    it('coco-voc: has VOC’s classes, and the images with over 1000 pixels of them', async () => {
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

    it('reports invalid annotations', async () => {
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

    it('refuses invalid and contradictory records', async () => {
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
        [
          withImage({ file_name: '../../secret.jpg' }),
          "../../secret.jpg points outside the dataset's folder",
        ],
        [withImage({ file_name: '..\\secret.jpg' }), "..\\secret.jpg points outside the dataset's folder"],
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

    it('refuses invalid outlines and runs when they are drawn', async () => {
      const complaints: [unknown, string][] = [
        [[['"/><script>', 1, 2, 3, 4, 5]], 'an outline of 6 coordinates: expected at least 6 numbers'],
        [[1, 2, 3, 4, 5, 6], 'an outline of 0 coordinates: expected at least 6 numbers'],
        [['abcdef'], 'an outline of 0 coordinates: expected at least 6 numbers'],
        [[[1, 2, 3, 4, 5, 6, 7]], 'an outline of 7 coordinates: expected pairs of x and y'],
        [[[1, 2, 3, 4, 5, 1e300]], 'an outline with the coordinate 1e+300: it is far outside of the image'],
        [
          { size: [6, 8], counts: ['48'] },
          'a run-length mask of 48 pixels has runs that are not whole numbers',
        ],
      ]
      for (const [segmentation, complaint] of complaints) {
        await writeCoco([annotation(1, 17, segmentation)])
        expect((await problemsOf(await open())).first).to.equal(`1.jpg: ${complaint}`)
      }
    })

    it('allocates nothing for a size that differs from the photo’s', async () => {
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
})
