import { join } from 'node:path'
import { vocClasses } from '../../data/voc.ts'
import { FileDataset } from './file_dataset.ts'
import type { Item } from './item.ts'
import { imageFolder, listFolder, readLinesIfAny, readSplit } from './text_list.ts'

const PHOTOS = 'JPEGImages'
/** The second holds the extra masks of `trainaug`, from the Semantic Boundaries Dataset. */
const MASKS = ['SegmentationClass', 'SegmentationClassAug']

/**
 * A folder in PASCAL VOC's layout: JPEGImages, SegmentationClass (PNGs of palette indices or grey values that are class ids), and
 * ImageSets/Segmentation/<split>.txt. A line of that is a name, or, as in some `trainaug` lists, the paths of photo and mask
 * within the folder. The classes are VOC's, unless a `classes.txt` in the folder has others, a name a line.
 *
 * Throws a UserError where the split is missing or empty, or two photos or two masks of it have one name; files are looked for
 * only when they are read.
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
