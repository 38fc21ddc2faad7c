// Labelled photos in files, as plain data: it can be sent to a worker, which reads them.

import { type ClassRegion, drawRegions } from '../../data/coco_regions.ts'
import type { LabelledImage, Labels } from '../../data/dataset.ts'
import { UserError } from '../../errors.ts'
import { printable, printablePath } from '../../printable.ts'
import { readImage, readImageSize } from '../images/image.ts'
import { readMaskPng } from '../images/mask_png.ts'

/** Where a photo and its labels lie: a PNG of class ids, or what COCO's JSON says of the photo. */
export interface Item {
  id: string
  /** The photo's path. */
  image: string
  labels: { file: string } | { regions: ClassRegion[]; width: number; height: number }
}

/** The most pixels of a photo that are kept, and what every GPU can bind. A larger photo is shrunk; the labels are not. */
const MAX_PIXELS = 2 ** 25

/** Throws a UserError where a file is missing or damaged, or photo and labels differ in size. */
export async function readItem(item: Item): Promise<LabelledImage> {
  const reading = readImage(item.image, { maxPixels: MAX_PIXELS })
  const size = reading.then(({ originalWidth, originalHeight }) => ({
    width: originalWidth,
    height: originalHeight,
  }))
  const [image, labels] = await Promise.all([reading, readOwnLabels(item, size)])
  return { id: item.id, image, ...labels }
}

/** As readItem, but of the photo only the header is read, for its size. */
export function readItemLabels(item: Item): Promise<Labels> {
  return readOwnLabels(item, readImageSize(item.image))
}

/** Labels of the photo's size. Regions are drawn only once that is known to be true: what COCO's JSON says may be anything. */
async function readOwnLabels(item: Item, photo: Promise<Size>): Promise<Labels> {
  const { id, labels } = item
  if ('file' in labels) {
    const [size, mask] = await Promise.all([photo, readMaskPng(labels.file)])
    checkSize(item, size, mask)
    return mask
  }
  checkSize(item, await photo, labels)
  try {
    return await drawRegions(labels.regions, labels)
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${printable(id)}: ${error.message}`) : error
  }
}

type Size = { width: number; height: number }

function checkSize({ image, labels }: Item, photo: Size, { width, height }: Size): void {
  if (photo.width === width && photo.height === height) return
  const owner = 'file' in labels ? printablePath(labels.file) : 'its labels'
  throw new UserError(
    `${printablePath(image)}: ${photo.width}×${photo.height} pixels, but ${owner} ${width}×${height}`,
  )
}
