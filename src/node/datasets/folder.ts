// Datasets in folders of photos and masks: in a layout of our own, and in PASCAL VOC's.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { vocClasses } from '../../data/class_names.ts'
import { UserError } from '../../errors.ts'
import { FileDataset } from './file_dataset.ts'
import type { Item } from './item.ts'
import { imageFolder, listFolder, readLines, readLinesIfAny, readSplit } from './text_list.ts'

/** Share of the images used for validation if the user has not split them. */
const VALIDATION_SHARE = 0.2

/**
 * A folder with `images`, `masks` (PNGs of class ids, named like their images) and `classes.txt` (one name per line, class 0
 * first). `splits/<split>.txt` lists the names in a split. Without a folder `splits` there are three splits: `val`, a fifth of
 * the images; `train`, the others; and `all`. The images' names decide which are in `val`, so every machine holds back the same
 * ones.
 *
 * Throws a UserError if any of these is missing, if the split is empty, or if two of its photos or masks have the same name. A
 * mask without an image, or an image without a mask, is reported only when it is read.
 */
export async function openFolder(folder: string, split: string): Promise<FileDataset> {
  const [images, masks] = [join(folder, 'images'), join(folder, 'masks')]
  const classNames = await readLines(join(folder, 'classes.txt')).catch(error => {
    if (error.cause?.code !== 'ENOENT') throw error
    throw new UserError(`${error.message}; ${ABOUT_CLASSES}`)
  })
  await Promise.all([listFolder(images), listFolder(masks)])
  const [photos, labels] = await Promise.all([imageFolder(images), imageFolder(masks)])
  const hasSplits = (await listFolder(folder)).includes('splits')
  const ids = hasSplits
    ? await readSplit(join(folder, 'splits'), split)
    : ownSplit(folder, split, [...new Set([...photos.stems, ...labels.stems])].sort())
  const items = ids.map(id => ({
    id,
    image: photos.find(id) ?? join(images, `${id}.jpg`),
    labels: { file: labels.find(id) ?? join(masks, `${id}.png`) },
  }))
  return new FileDataset(`folder:${folder}, split ${split}`, classNames, items)
}

const ABOUT_CLASSES =
  'it holds the names of the classes, one on each line: the first is that of the pixels of 0 in the masks, such as background'

/** Hashes spread consecutive names evenly. Taking the smallest hashes moves few images when others are added. */
export function ownSplit(folder: string, split: string, ids: string[]): string[] {
  const hash = (id: string) => createHash('sha256').update(id).digest('hex')
  const byHash = ids.map(id => ({ id, key: hash(id) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  const count = Math.max(1, Math.round(ids.length * VALIDATION_SHARE))
  const held = new Set(byHash.slice(0, count).map(({ id }) => id))
  if (split === 'all') return ids
  if (split === 'val') return ids.filter(id => held.has(id))
  if (split === 'train') return ids.filter(id => !held.has(id))
  throw new UserError(
    `${folder}: no split "${split}"; without a folder "splits" the splits are train, val and all`,
  )
}

const VOC_PHOTOS = 'JPEGImages'
/** The second folder holds the extra masks of `trainaug`, from the Semantic Boundaries Dataset. */
const VOC_MASKS = ['SegmentationClass', 'SegmentationClassAug']

/**
 * A folder in PASCAL VOC's layout: JPEGImages, SegmentationClass (PNGs of palette indices or grey values that are class ids), and
 * ImageSets/Segmentation/<split>.txt. A line of the list is a name, or, as in some `trainaug` lists, the paths of photo and mask
 * within the folder. The classes are VOC's, unless the folder has a `classes.txt` with other names, one per line.
 *
 * Throws a UserError if the split is missing or empty, or if two of its photos or masks have the same name. Whether the images
 * exist is checked only when they are read.
 */
export async function openVoc(folder: string, split: string): Promise<FileDataset> {
  await listFolder(join(folder, VOC_PHOTOS))
  const lines = await readSplit(join(folder, 'ImageSets', 'Segmentation'), split)
  const classNames = (await readLinesIfAny(join(folder, 'classes.txt'))) ?? vocClasses
  const photos = await imageFolder(join(folder, VOC_PHOTOS))
  const [masks, moreMasks] = await Promise.all(VOC_MASKS.map(name => imageFolder(join(folder, name))))
  const items = lines.map((line): Item => {
    const [photo, mask] = line.split(/\s+/)
    if (mask) return { id: photo, image: join(folder, photo), labels: { file: join(folder, mask) } }
    const file = masks.find(line) ?? moreMasks.find(line) ?? join(folder, VOC_MASKS[0], `${line}.png`)
    return {
      id: line,
      image: photos.find(line) ?? join(folder, VOC_PHOTOS, `${line}.jpg`),
      labels: { file },
    }
  })
  return new FileDataset(`voc:${folder}, split ${split}`, classNames, items)
}
