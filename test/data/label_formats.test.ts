// Masks as COCO's and LabelMe's labels, and back. test/data/check_label_formats.py has read the golden ones with pycocotools and LabelMe.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { cocoAnnotations, cocoCategories } from '../../src/data/coco_export.ts'
import { drawRegions } from '../../src/data/coco_regions.ts'
import { decodeRle, encodeRle } from '../../src/data/coco_rle.ts'
import type { Labels } from '../../src/data/dataset.ts'
import { drawShapes, labelmeFile, parseLabelme } from '../../src/data/labelme.ts'
import { UserError } from '../../src/errors.ts'
import { randomSource } from '../reference/random.ts'
import { CLASSES, hardMasks, labelCases, maskOf } from './hard_masks.ts'

const ROADS = ['road', 'car', 'sky']

const throughCoco = (labels: Labels, classNames: readonly string[]) =>
  drawRegions(
    cocoAnnotations(labels, { classNames, imageId: 1, firstId: 1 }).map(({ category_id, segmentation }) => ({
      classId: category_id,
      segmentation,
    })),
    labels,
  )

function throughLabelme(labels: Labels, classNames: readonly string[]): Labels {
  const text = JSON.stringify(labelmeFile(labels, { classNames, imagePath: 'a.jpg' }))
  const { shapes, imageWidth, imageHeight } = parseLabelme('a.json', text)
  return drawShapes(shapes, { classNames, width: imageWidth, height: imageHeight })
}

describe("COCO's labels", () => {
  it('give back every mask; what is not scored becomes background', () => {
    for (const labels of hardMasks())
      expect([...throughCoco(labels, CLASSES).mask]).to.deep.equal([
        ...labels.mask.map(id => (id === 255 ? 0 : id)),
      ])
  })

  it('have a category for class 0 if it is no background', () => {
    expect(cocoCategories(ROADS).map(({ id, name }) => [id, name])).to.deep.equal([
      [1, 'road'],
      [2, 'car'],
      [3, 'sky'],
    ])
    expect(cocoCategories(CLASSES).map(({ id }) => id)).to.deep.equal([1, 2])
    for (const labels of hardMasks())
      expect([...throughCoco(labels, ROADS).mask]).to.deep.equal([
        ...labels.mask.map(id => (id === 255 ? 0 : id + 1)),
      ])
  })

  it('are an instance for each part, with its area and its box; a part with a hole is a bitmap', () => {
    const labels = maskOf(['.....2', '.111..', '.1.1..', '.111.2'])
    const found = cocoAnnotations(labels, { classNames: CLASSES, imageId: 7, firstId: 40 })
    expect(found).to.deep.equal([
      { ...of(40, 2), segmentation: [[5, 0, 6, 0, 6, 1, 5, 1]], area: 1, bbox: [5, 0, 1, 1] },
      { ...of(41, 1), segmentation: encodeRle(labels.mask, 1, labels), area: 8, bbox: [1, 1, 3, 3] },
      { ...of(42, 2), segmentation: [[5, 3, 6, 3, 6, 4, 5, 4]], area: 1, bbox: [5, 3, 1, 1] },
    ])
  })
  const of = (id: number, category_id: number) => ({ id, category_id, image_id: 7, iscrowd: 0 })
})

describe("COCO's and LabelMe's labels", () => {
  it('are those of which pycocotools and LabelMe made the same masks', () => {
    const golden = JSON.parse(readFileSync(new URL('label_formats.json', import.meta.url), 'utf8'))
    expect(labelCases()).to.deep.equal(golden)
  })
})

describe('encodeRle', () => {
  it('is the inverse of decodeRle', () => {
    for (const { mask, width, height } of hardMasks())
      expect([...decodeRle(encodeRle(mask, 1, { width, height }))]).to.deep.equal(
        [...mask].map(id => Number(id === 1)),
      )
  })

  it('packs long runs', () => {
    const next = randomSource(4)
    const size = { width: 3, height: 40_000 }
    const mask = new Uint8Array(size.width * size.height)
    for (let at = 0; at < mask.length; at += next() * 9000) mask.fill(1, at, at + next() * 3000)
    expect(decodeRle(encodeRle(mask, 1, size))).to.deep.equal(mask)
  })
})

describe("LabelMe's labels", () => {
  it('give back every mask, with and without a background', () => {
    for (const labels of hardMasks())
      for (const names of [CLASSES, ROADS])
        expect([...throughLabelme(labels, names).mask]).to.deep.equal([...labels.mask])
  })

  it("have LabelMe's names for the background in a hole and for what is not scored", () => {
    const file = labelmeFile(maskOf(['111.', '1.1x', '111.']), { classNames: CLASSES, imagePath: 'a.jpg' })
    expect((file as { shapes: { label: string }[] }).shapes.map(({ label }) => label)).to.deep.equal([
      'cat',
      '_background_',
      '__ignore__',
    ])
  })

  const fileOf = (shape: object) =>
    JSON.stringify({ imagePath: 'a.jpg', imageWidth: 5, imageHeight: 4, shapes: [shape] })
  const drawn = (shape: object) => {
    const { shapes } = parseLabelme('a.json', fileOf(shape))
    return [...drawShapes(shapes, { classNames: CLASSES, width: 5, height: 4 }).mask].join('')
  }

  it('may be rectangles, whose borders belong to them', () => {
    const points = [
      [3.2, 2.9],
      [1.1, 1],
    ]
    expect(drawn({ label: 'dog', points, shape_type: 'rectangle' })).to.equal('00000022200222000000')
  })

  it('are refused with the reason', () => {
    const points = [
      [0, 0],
      [1, 1],
      [2, 0],
    ]
    const odd: [object, string][] = [
      [{ label: 'cow', points }, 'there is no class "cow"'],
      [
        { label: 'cat', points, shape_type: 'circle' },
        'a.json: shapes.0.shape_type: expected polygon or rectangle',
      ],
      [{ label: 'cat', points: points.slice(1) }, 'an outline of 4 coordinates: expected at least 6 numbers'],
      [{ label: 'cat', points, shape_type: 'rectangle' }, 'a rectangle of 3 points: expected 2'],
      [{ label: 'cat', points: [[1e9, 0], ...points] }, 'far outside of the image'],
    ]
    for (const [shape, message] of odd) expect(() => drawn(shape), message).to.throw(UserError, message)
    expect(() => parseLabelme('a.json', '{"shapes": []}')).to.throw(UserError, 'a.json: ')
  })
})
