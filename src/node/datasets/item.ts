// Labelled photos in files, as plain data: it can be sent to a worker, which reads them.

import type { LabelledImage, Labels } from '../../data/dataset.ts'
import { UserError } from '../../errors.ts'
import { MAX_PHOTO_PIXELS, readImage, readImageSize } from '../image.ts'
import { readMaskPng } from '../mask_png.ts'
import { drawRegions, type Region } from './coco_regions.ts'

/** Where a photo and its labels lie: a PNG of class ids, or what COCO's JSON says of the photo. */
export interface Item {
  id: string
  /** The photo's path. */
  image: string
  labels: { file: string } | { regions: Region[]; width: number; height: number }
}

/** Throws a UserError where a file is missing or damaged, or photo and labels differ in size. */
export async function readItem(item: Item): Promise<LabelledImage> {
  const [image, labels] = await Promise.all([
    readImage(item.image, { maxPixels: MAX_PHOTO_PIXELS }),
    readOwnLabels(item),
  ])
  checkSize(item, { width: image.originalWidth, height: image.originalHeight }, labels)
  return { id: item.id, image, ...labels }
}

/** As readItem, but of the photo only the header is read, for its size. */
export async function readItemLabels(item: Item): Promise<Labels> {
  const [size, labels] = await Promise.all([readImageSize(item.image), readOwnLabels(item)])
  checkSize(item, size, labels)
  return labels
}

async function readOwnLabels({ id, labels }: Item): Promise<Labels> {
  if ('file' in labels) return readMaskPng(labels.file)
  return drawRegions(labels.regions, labels).catch(error => {
    throw error instanceof UserError ? new UserError(`${id}: ${error.message}`) : error
  })
}

type Size = { width: number; height: number }

function checkSize({ image, labels }: Item, photo: Size, { width, height }: Labels): void {
  if (photo.width === width && photo.height === height) return
  const owner = 'file' in labels ? labels.file : 'its labels'
  throw new UserError(`${image}: ${photo.width}×${photo.height} pixels, but ${owner} ${width}×${height}`)
}
