// Labelled photos in files, as plain data that can be sent to a worker thread, which reads them.

import { type ClassRegion, drawRegions } from '../../data/coco_regions.ts'
import type { LabelledImage, Labels } from '../../data/dataset.ts'
import { drawShapes, type LabelmeShape } from '../../data/labelme.ts'
import { UserError } from '../../errors.ts'
import { printable, printablePath } from '../../printable.ts'
import { readImage, readImageSize } from '../images/image.ts'
import { readMaskPng } from '../images/mask_png.ts'

/** A photo and its labels: a PNG of class ids, the regions or shapes that COCO's or LabelMe's JSON gives for the photo, or null: all of class 0. */
export interface Item {
  id: string
  /** The photo's path. */
  image: string
  /** How many channels of its own the image has. Without it, it is a photo. */
  channels?: number
  labels: { file: string } | ((DrawnRegions | DrawnShapes) & Size) | null
}

interface DrawnRegions {
  regions: ClassRegion[]
}

interface DrawnShapes {
  shapes: LabelmeShape[]
  classNames: readonly string[]
}

/** The most pixels of a photo in memory: every GPU can bind as many. A larger photo is shrunk; its labels are not. Samples never are. */
const MAX_PIXELS = 2 ** 25

/** Throws a UserError if a file is missing or damaged, or if the photo and its labels differ in size. */
export async function readItem(item: Item): Promise<LabelledImage> {
  const { channels } = item
  const reading = readImage(item.image, channels === undefined ? { maxPixels: MAX_PIXELS } : { channels })
  const size = reading.then(({ originalWidth, originalHeight }) => ({
    width: originalWidth,
    height: originalHeight,
  }))
  const [image, labels] = await Promise.all([reading, readOwnLabels(item, size)])
  return { id: item.id, image, ...labels }
}

/** Like readItem, but reads only the header of the photo, for its size. */
export function readItemLabels(item: Item): Promise<Labels> {
  return readOwnLabels(item, readImageSize(item.image, { channels: item.channels }))
}

/** The labels, checked to have the photo's size. Regions are drawn only after the check, since the JSON may state any size. */
async function readOwnLabels(item: Item, photo: Promise<Size>): Promise<Labels> {
  const { id, labels } = item
  if (labels === null) {
    const { width, height } = await photo
    return { mask: new Uint8Array(width * height), width, height }
  }
  if ('file' in labels) {
    const [size, mask] = await Promise.all([photo, readMaskPng(labels.file)])
    checkSize(item, size, mask)
    return mask
  }
  checkSize(item, await photo, labels)
  try {
    return 'regions' in labels ? drawRegions(labels.regions, labels) : drawShapes(labels.shapes, labels)
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${printable(id)}: ${error.message}`) : error
  }
}

type Size = { width: number; height: number }

function checkSize({ image, labels }: Item, photo: Size, { width, height }: Size): void {
  if (photo.width === width && photo.height === height) return
  const owner = labels && 'file' in labels ? printablePath(labels.file) : 'its labels'
  throw new UserError(
    `${printablePath(image)}: ${photo.width}×${photo.height} pixels, but ${owner} ${width}×${height}`,
  )
}
