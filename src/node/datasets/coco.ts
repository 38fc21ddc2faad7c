import { constants } from 'node:buffer'
import { join } from 'node:path'
import {
  allCategories,
  type CocoAnnotation,
  type CocoInstances,
  hasEnoughVoc,
  parseInstances,
  vocCategories,
} from '../../data/coco.ts'
import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'
import { readRegularFile } from '../files/read_file.ts'
import { FileDataset } from './file_dataset.ts'
import type { Item } from './item.ts'
import { checkRelativePath, listFolder, namesText } from './text_list.ts'

interface CocoOptions {
  /** Whether to use only VOC's classes and only images with enough of them (section 4 of DeepLabv3). Otherwise all are used. */
  vocOnly: boolean
}

/**
 * A folder in COCO's layout: annotations/instances_<split>.json, with photos in <split>, images/<split> or images. For COCO's own
 * splits the year may be left out: `train` means `train2017`.
 *
 * Throws a UserError if one of these is missing, or if the JSON holds no instances.
 */
export async function openCoco(
  folder: string,
  split: string,
  { vocOnly }: CocoOptions,
): Promise<FileDataset> {
  const { file, name } = await findInstances(folder, split)
  const instances = await readInstances(file)
  const photos = await findPhotos(folder, name)
  const { classNames, classOf } = (vocOnly ? vocCategories : allCategories)(instances)
  const ofImage = new Map<number, CocoAnnotation[]>(instances.images.map(({ id }) => [id, []]))
  for (const annotation of instances.annotations)
    if (classOf(annotation.category_id) !== undefined) ofImage.get(annotation.image_id)?.push(annotation)
  const regionsOf = (annotations: CocoAnnotation[]) =>
    annotations.map(({ category_id, segmentation }) => ({ classId: classOf(category_id)!, segmentation }))
  const items = instances.images
    .map(image => ({ image, annotations: ofImage.get(image.id)! }))
    .filter(({ annotations }) => !vocOnly || hasEnoughVoc(annotations))
    .map(({ image: { file_name, width, height }, annotations }): Item => {
      checkRelativePath(file, file_name)
      const labels = { regions: regionsOf(annotations), width, height }
      return { id: file_name, image: join(photos, file_name), labels }
    })
  return new FileDataset(`coco${vocOnly ? '-voc' : ''}:${folder}, split ${split}`, classNames, items)
}

async function findInstances(folder: string, split: string): Promise<{ file: string; name: string }> {
  const annotations = join(folder, 'annotations')
  const names = await listFolder(annotations)
  const splits = names.flatMap(name => /^instances_(.+)\.json$/.exec(name)?.[1] ?? [])
  const name = splits.find(each => each === split) ?? splits.find(each => each === `${split}2017`)
  if (name) return { file: join(annotations, `instances_${name}.json`), name }
  throw new UserError(
    printablePath(
      `${annotations}: no instances_${split}.json; there are the splits ${namesText(splits) || '(none)'}`,
    ),
  )
}

async function findPhotos(folder: string, split: string): Promise<string> {
  const names = await listFolder(folder)
  if (names.includes(split)) return join(folder, split)
  const images = join(folder, 'images')
  return (await listFolder(images)).includes(split) ? join(images, split) : images
}

/** The limit is the longest string: beyond it, Node throws an error that names neither the file nor the cause. */
async function readInstances(file: string): Promise<CocoInstances> {
  const bytes = await readRegularFile(file, { limit: constants.MAX_STRING_LENGTH })
  return parseInstances(printablePath(file), new TextDecoder().decode(bytes))
}
