// Labels of a photo as files of other tools, and back: what the page writes and reads.

import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { expect } from 'chai'
import type { Labels } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'
import { LABEL_FORMATS, type LabelFormat, labelFolders } from '../../src/library/label_formats.ts'
import { readLabelFile } from '../../src/library/read_label_file.ts'
import { CLASSES, hardMasks, maskOf } from '../data/hard_masks.ts'
import { rejection } from '../node/support.ts'

const ROADS = ['road', 'car', 'sky']
const PHOTO = { name: 'a photo', ending: '.jpg' }

/** Without check sums, as a browser has it. */
const PLATFORM = {
  inflate: (data: Uint8Array, most: number): Promise<Uint8Array> =>
    promisify(inflate)(data, { maxOutputLength: most }),
}

const bytesOf = (content: string | Uint8Array) =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content

/** The file of one photo's labels. */
function fileOf(format: LabelFormat, labels: Labels, classNames: readonly string[]): Uint8Array {
  const folder = labelFolders[format]({ split: 'all', classNames })
  const [[, content]] = [...folder.add(PHOTO, labels), ...folder.end()]
  return bytesOf(content)
}

const read = (bytes: Uint8Array, target: Labels, classNames: readonly string[] = CLASSES) =>
  readLabelFile({ name: 'labels', bytes }, { ...target, classNames, photo: 'a photo.jpg' }, PLATFORM)

describe('files of labels', () => {
  for (const format of LABEL_FORMATS)
    it(`of ${format} give back every mask, with a background and without`, async () => {
      for (const classNames of [CLASSES, ROADS])
        for (const labels of hardMasks()) {
          const found = await read(fileOf(format, labels, classNames), labels, classNames)
          // COCO has no label for pixels that are not scored: they are what no part covers.
          const outside = classNames === CLASSES ? 0 : 255
          const expected = labels.mask.map(id => (format === 'coco' && id === 255 ? outside : id))
          expect([...found]).to.deep.equal([...expected])
        }
    })

  it('of COCO are found by the photo’s name among others, or are those of the only photo', async () => {
    const one = maskOf(['11..', '....'])
    const other = maskOf(['..22', '..22'])
    const folder = labelFolders.coco({ split: 'all', classNames: CLASSES })
    folder.add({ name: 'another', ending: '.png' }, other)
    folder.add(PHOTO, one)
    const [[, both]] = folder.end()
    expect([...(await read(bytesOf(both), one))]).to.deep.equal([...one.mask])
    const alone = labelFolders.coco({ split: 'all', classNames: CLASSES })
    alone.add({ name: 'another', ending: '.png' }, other)
    expect([...(await read(bytesOf(alone.end()[0][1]), other))]).to.deep.equal([...other.mask])
  })

  it('are refused in one line that names the file', async () => {
    const labels = maskOf(['12', '21'])
    const larger = maskOf(['111', '111'])
    const messageOf = async (bytes: Uint8Array | string, target = labels, classNames = CLASSES) => {
      const error = await rejection(read(bytesOf(bytes), target, classNames))
      expect(error).to.be.instanceOf(UserError)
      return error.message
    }
    for (const format of LABEL_FORMATS)
      expect(await messageOf(fileOf(format, larger, CLASSES))).to.equal(
        'labels: labels of 3×2 pixels, and the photo has 2×2',
      )
    const [, second] = CLASSES
    const fewer = ['background', 'thing']
    for (const format of ['coco', 'labelme'] as const)
      expect(await messageOf(fileOf(format, labels, CLASSES), labels, fewer)).to.match(
        new RegExp(`^labels: there is no class "${second}"`),
      )
    expect(await messageOf(fileOf('voc', labels, CLASSES), labels, fewer)).to.equal(
      'labels: the mask: holds class 2, but the last of the 2 classes is 1',
    )
    expect(await messageOf('no JSON')).to.equal('labels: not JSON, or cut short')
    expect(await messageOf('{}')).to.equal(
      "labels: expected LabelMe's JSON, COCO's JSON or a PNG of class ids",
    )
    expect(await messageOf('{"shapes": 3}')).to.match(/^labels: imagePath: missing/)
    const damaged = fileOf('voc', labels, CLASSES).slice(0, -20)
    expect(await messageOf(damaged)).to.match(/^labels: not a PNG, or damaged/)
    expect(await messageOf(Uint8Array.of(0xff, 0xd8, 0xff))).to.equal('labels: not JSON, or cut short')
  })

  it('lie where the command writes them', () => {
    const folder = (format: LabelFormat) => labelFolders[format]({ split: 'val', classNames: CLASSES })
    expect(LABEL_FORMATS.map(format => folder(format).photo(PHOTO))).to.deep.equal([
      'images/a photo.jpg',
      'a photo.jpg',
      'JPEGImages/a photo.jpg',
    ])
    expect(LABEL_FORMATS.map(format => folder(format).index)).to.deep.equal([
      'annotations/instances_val.json',
      'classes.txt',
      'ImageSets/Segmentation/val.txt',
    ])
  })
})
