// COCO's annotations of object instances, turned into what semantic segmentation needs.

import { UserError } from '../errors.ts'
import type { CocoRle } from './coco_rle.ts'
import { vocClasses } from './voc.ts'

/** The parts of an instances_*.json that are read here. */
export interface CocoInstances {
  images: { id: number; file_name: string; width: number; height: number }[]
  annotations: CocoAnnotation[]
  categories: { id: number; name: string }[]
}

export interface CocoAnnotation {
  image_id: number
  category_id: number
  /** Outlines x, y, x, y, … in pixels, or a bitmap. */
  segmentation: number[][] | CocoRle
  /** In pixels. */
  area: number
}

/** Which class a category is; it is background where undefined. */
export interface CocoMapping {
  classNames: readonly string[]
  classOf(categoryId: number): number | undefined
}

/** COCO's names of VOC's classes, where they differ. */
const VOC_NAMES: Record<string, (typeof vocClasses)[number]> = {
  airplane: 'aeroplane',
  'dining table': 'diningtable',
  motorcycle: 'motorbike',
  'potted plant': 'pottedplant',
  couch: 'sofa',
  tv: 'tvmonitor',
}

/** Background, and then every category in the order of its id. */
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

/** The paper keeps COCO's images whose regions of VOC's classes exceed this many pixels. */
const LEAST_VOC_PIXELS = 1000

export const hasEnoughVoc = (annotations: readonly CocoAnnotation[]): boolean =>
  annotations.reduce((sum, { area }) => sum + area, 0) > LEAST_VOC_PIXELS

/** Throws a UserError that says what is missing where a parsed file is no list of instances. */
export function checkInstances(file: string, json: unknown): asserts json is CocoInstances {
  for (const list of ['images', 'annotations', 'categories'])
    if (!Array.isArray((json as Record<string, unknown> | null)?.[list]))
      throw new UserError(`${file}: no COCO instances, there is no list "${list}"`)
  const { annotations, categories } = json as CocoInstances
  const known = new Set(categories.map(({ id }) => id))
  const odd = annotations.find(({ category_id }) => !known.has(category_id))
  if (odd)
    throw new UserError(`${file}: an annotation is of category ${odd.category_id}, which is not listed`)
}
