import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeRle } from '../../../src/data/coco_rle.ts'
import { openDataset } from '../../../src/node/datasets/open.ts'
import { writeLabels, writePhoto, writeText, writeVoc } from '../../node/tiny_dataset.ts'
import { damageImage } from '../../support/image_mutants.ts'
import { below, damageBytes, damageJson, pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

/** Opens a dataset and reads every image. All its refusals are thrown as one error. */
async function readAll(description: string, split: string): Promise<void> {
  const dataset = await openDataset(description, { split })
  const errors: unknown[] = []
  for (let index = 0; index < dataset.size; index++) {
    const { mask, width, height } = await dataset.read(index).catch(error => {
      errors.push(error)
      return { mask: [], width: 0, height: 0 }
    })
    if (mask.length !== width * height) throw new Error('the labels are not whole')
    await dataset.readLabels(index).catch(error => errors.push(error))
  }
  if (errors.length > 0) throw new AggregateError(errors)
}

const square = (x: number, y: number, edge: number) => [x, y, x + edge, y, x + edge, y + edge, x, y + edge]

const instances = {
  info: { year: 2017 },
  images: [1, 2].map(id => ({ id, file_name: `${id}.jpg`, width: 8, height: 6 })),
  annotations: [
    { image_id: 1, category_id: 17, segmentation: [square(1, 1, 3), square(2, 2, 2)], area: 13 },
    { image_id: 1, category_id: 63, segmentation: { size: [6, 8], counts: [46, 2] }, area: 2 },
    { image_id: 2, category_id: 63, segmentation: { size: [6, 8], counts: '^12' }, area: 2000 },
  ],
  categories: [
    { id: 17, name: 'cat' },
    { id: 63, name: 'couch' },
  ],
}

export const coco: FuzzTarget = {
  name: 'coco',
  async prepare(folder) {
    const file = join(folder, 'annotations', 'instances_val2017.json')
    for (const { file_name, width, height } of instances.images)
      await writePhoto(join(folder, 'val2017', file_name), width, height)
    await mkdir(join(folder, 'annotations'))
    await writeFile(file, JSON.stringify(instances))
    await readAll(`coco:${folder}`, 'val')
    return async random => {
      const text = Buffer.from(JSON.stringify(damageJson(instances, random)))
      await writeFile(file, random() < 0.15 ? damageBytes(text, random) : text)
      await readAll(`${pick(['coco', 'coco-voc'], random)}:${folder}`, 'val')
    }
  },
}

/** Lines that are invalid in a list of names. */
const ODD_LINES = [
  '..',
  '../a',
  '/etc/passwd',
  'a/../../../b',
  'a\0b',
  '\u001b[31mred\u0007',
  '\u202etxt.exe',
  'x'.repeat(300),
  'x'.repeat(100_000),
  '\ufeffa',
  'a b c',
  '/JPEGImages/a.jpg /SegmentationClass/../../b.png',
  '\ud800',
  'images',
  '.',
  '-',
]

/** A copy of a list with changed lines or bytes. */
function damageList(list: string, random: () => number): Uint8Array {
  if (random() < 0.4) return damageBytes(Buffer.from(list), random)
  const lines = list.split('\n')
  const at = below(lines.length, random)
  const action = random()
  if (action < 0.5) lines.splice(at, 1, pick(ODD_LINES, random))
  else if (action < 0.7) lines.splice(at, 0, lines[below(lines.length, random)])
  else if (action < 0.8) lines.splice(0, lines.length)
  else if (action < 0.9) return Buffer.from(lines.join('\n'), 'utf16le')
  else for (let i = 0; i < 1000; i++) lines.push(`${pick(['class', 'image'], random)} ${i}`)
  return Buffer.from(lines.join(pick(['\n', '\r\n', '\r'], random)))
}

/** Damages one file of a dataset in each round, and restores it afterwards. */
const layout = (
  name: string,
  { write, files }: { write: (folder: string) => Promise<void>; files: string[] },
): FuzzTarget => ({
  name,
  async prepare(folder) {
    await write(folder)
    await readAll(`${name}:${folder}`, 'val')
    const wholes = await Promise.all(files.map(file => readFile(join(folder, file))))
    return async random => {
      const index = below(files.length, random)
      const path = join(folder, files[index])
      const whole = wholes[index]
      try {
        if (random() < 0.05) await rm(path)
        else if (files[index].endsWith('.txt')) await writeFile(path, damageList(whole.toString(), random))
        else await writeFile(path, damageImage(whole, random))
        await readAll(`${name}:${folder}`, 'val')
      } finally {
        await writeFile(path, whole)
      }
    }
  },
})

export const layouts: FuzzTarget[] = [
  layout('voc', {
    write: folder => writeVoc(folder, ['a', 'b', 'c'], ['sky', 'road']),
    files: [
      ...['classes.txt', 'ImageSets/Segmentation/val.txt', 'ImageSets/Segmentation/val.txt'],
      ...['JPEGImages/b.jpg', 'SegmentationClass/b.png'],
    ],
  }),
  layout('folder', {
    async write(folder) {
      for (const id of ['a', 'b', 'c']) {
        await writePhoto(join(folder, `images/${id}.png`), 4, 3)
        await writeLabels(join(folder, `masks/${id}.png`), 4, 3, 1)
      }
      await writeText(join(folder, 'classes.txt'), 'background', 'mug')
      await writeText(join(folder, 'splits/val.txt'), 'a', 'b', 'c')
    },
    files: ['classes.txt', 'splits/val.txt', 'splits/val.txt', 'images/b.png', 'masks/b.png'],
  }),
]

export const rle: FuzzTarget = {
  name: 'coco-rle',
  async prepare() {
    return async random => {
      const text = Buffer.from('61X13mN000`0')
      const packed = Buffer.from(damageBytes(text, random)).toString(
        pick(['latin1', 'utf8'] as const, random),
      )
      const counts = random() < 0.5 ? packed : (damageJson([6, 1, 40, 4, 5, 4, 5, 4, 21], random) as number[])
      return decodeRle({ size: pick([[9, 10] as [number, number], [0, 0], [1, 90]], random), counts })
    }
  },
}
