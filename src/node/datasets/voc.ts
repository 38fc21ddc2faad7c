import { join } from 'node:path'
import { vocClasses } from '../../data/voc.ts'
import { FileDataset } from './file_dataset.ts'
import type { Item } from './item.ts'
import { imageFolder, listFolder, readLinesIfAny, readSplit } from './text_list.ts'

const PHOTOS = 'JPEGImages'
/** The second folder holds the extra masks of `trainaug`, from the Semantic Boundaries Dataset. */
const MASKS = ['SegmentationClass', 'SegmentationClassAug']

/**
 * A folder in PASCAL VOC's layout: JPEGImages, SegmentationClass (PNGs of palette indices or grey values that are class ids), and
 * ImageSets/Segmentation/<split>.txt. A line of the list is a name, or, as in some `trainaug` lists, the paths of photo and mask
 * within the folder. The classes are VOC's, unless the folder has a `classes.txt` with other names, one per line.
 *
 * Throws a UserError if the split is missing or empty, or if two of its photos or masks have the same name. Whether the images
 * exist is checked only when they are read.
 */
export async function openVoc(folder: string, split: string): Promise<FileDataset> {
  await listFolder(join(folder, PHOTOS))
  const lines = await readSplit(join(folder, 'ImageSets', 'Segmentation'), split)
  const classNames = (await readLinesIfAny(join(folder, 'classes.txt'))) ?? vocClasses
  const photos = await imageFolder(join(folder, PHOTOS))
  const [masks, moreMasks] = await Promise.all(MASKS.map(name => imageFolder(join(folder, name))))
  const items = lines.map((line): Item => {
    const [photo, mask] = line.split(/\s+/)
    if (mask) return { id: photo, image: join(folder, photo), labels: { file: join(folder, mask) } }
    const file = masks.find(line) ?? moreMasks.find(line) ?? join(folder, MASKS[0], `${line}.png`)
    return {
      id: line,
      image: photos.find(line) ?? join(folder, PHOTOS, `${line}.jpg`),
      labels: { file },
    }
  })
  return new FileDataset(`voc:${folder}, split ${split}`, classNames, items)
}
