// COCO's annotations of object instances, as input for semantic segmentation.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { parseJson } from '../json.ts'
import { printable } from '../printable.ts'
import { vocClasses } from './class_names.ts'
import type { CocoRle } from './coco_rle.ts'

/** The fields of instances_*.json that are read here. */
export interface CocoInstances {
  images: { id: number; file_name: string; width: number; height: number }[]
  annotations: CocoAnnotation[]
  categories: { id: number; name: string }[]
}

export interface CocoAnnotation {
  image_id: number
  category_id: number
  /** Outlines (x, y, x, y, … in pixels) or a bitmap. */
  segmentation: number[][] | CocoRle
  /** In pixels. */
  area: number
}

const isId = (value: unknown) => Number.isSafeInteger(value)
const isSide = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 20

function isImage(value: unknown): boolean {
  const { id, file_name, width, height } = (value ?? {}) as Record<string, unknown>
  return isId(id) && typeof file_name === 'string' && isSide(width) && isSide(height)
}

/** The numbers in outlines and runs are most of a file. They are checked when they are drawn. */
function isAnnotation(value: unknown): boolean {
  const { image_id, category_id, segmentation, area } = (value ?? {}) as Record<string, unknown>
  if (!isId(image_id) || !isId(category_id) || typeof area !== 'number') return false
  if (Array.isArray(segmentation)) return true
  const { size, counts } = (segmentation ?? {}) as Record<string, unknown>
  const isSize = Array.isArray(size) && size.length === 2 && size.every(Number.isInteger)
  return isSize && (Array.isArray(counts) || typeof counts === 'string')
}

/** One function checks a whole record: a schema for each field would add 2 s for COCO's 860 000 annotations. */
const INSTANCES = v.object({
  images: v.array(
    v.custom<CocoInstances['images'][number]>(
      isImage,
      'expected an image: an object with id, file_name, width and height',
    ),
  ),
  annotations: v.array(
    v.custom<CocoAnnotation>(
      isAnnotation,
      'expected an annotation: an object with image_id, category_id, area and segmentation, a list of outlines or an object with size and counts',
    ),
  ),
  categories: v.array(
    v.object({
      id: v.pipe(v.number(), v.safeInteger('expected a whole number')),
      name: v.pipe(
        v.string(),
        v.check(name => name !== '' && name.length <= 100, 'expected a name of 1 to 100 characters'),
      ),
    }),
  ),
})

/** Maps COCO's categories to classes. */
interface CocoMapping {
  classNames: readonly string[]
  /** Undefined for background. */
  classOf(categoryId: number): number | undefined
}

/** VOC's classes that have another name in COCO. */
const VOC_NAMES: Record<string, (typeof vocClasses)[number]> = {
  airplane: 'aeroplane',
  'dining table': 'diningtable',
  motorcycle: 'motorbike',
  'potted plant': 'pottedplant',
  couch: 'sofa',
  tv: 'tvmonitor',
}

/** Background, then every category in the order of the ids. */
export function allCategories({ categories }: CocoInstances): CocoMapping {
  const sorted = categories.toSorted((a, b) => a.id - b.id)
  const ids = new Map(sorted.map(({ id }, i) => [id, i + 1]))
  return {
    classNames: ['background', ...sorted.map(({ name }) => name)],
    classOf: categoryId => ids.get(categoryId),
  }
}

/** VOC's 21 classes; COCO's other categories are background (section 4 of DeepLabv3). */
export function vocCategories({ categories }: CocoInstances): CocoMapping {
  const names: readonly string[] = vocClasses
  const ids = new Map(categories.map(({ id, name }) => [id, names.indexOf(VOC_NAMES[name] ?? name)]))
  return { classNames: vocClasses, classOf: id => ((ids.get(id) ?? -1) > 0 ? ids.get(id) : undefined) }
}

/** The paper keeps the images of COCO with more pixels of VOC's classes than this. */
const LEAST_VOC_PIXELS = 1000

export const hasEnoughVoc = (annotations: readonly CocoAnnotation[]): boolean =>
  annotations.reduce((sum, { area }) => sum + area, 0) > LEAST_VOC_PIXELS

/** Throws a UserError that begins with `file` for a text that is not a list of instances, or contradicts itself. */
export function parseInstances(file: string, text: string): CocoInstances {
  const instances = parseJson(INSTANCES, text, file)
  const { images, annotations, categories } = instances
  const known = new Set<number>()
  for (const { id, name } of categories) {
    if (known.has(id)) throw new UserError(`${file}: two categories have the id ${id}`)
    if (printable(name) !== name)
      throw new UserError(`${file}: category ${id}: the name holds control characters`)
    known.add(id)
  }
  const odd = annotations.find(({ category_id }) => !known.has(category_id))
  if (odd)
    throw new UserError(`${file}: an annotation is of category ${odd.category_id}, which is not listed`)
  const seen = new Set<number>()
  for (const { id } of images) {
    if (seen.has(id)) throw new UserError(`${file}: two images have the id ${id}`)
    seen.add(id)
  }
  return instances
}
