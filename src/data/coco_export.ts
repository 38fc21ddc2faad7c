// Masks of class ids as COCO's annotations of instances.

import { hasBackground } from './class_names.ts'
import type { CocoAnnotation, CocoInstances } from './coco.ts'
import { encodeRle } from './coco_rle.ts'
import { type Components, findComponents, outlineOf } from './components.ts'
import { IGNORE_INDEX, type Labels } from './dataset.ts'

/** What COCO's own tools read besides the fields that are read here. */
interface ExportedAnnotation extends CocoAnnotation {
  id: number
  /** Left, top, width and height, in pixels. */
  bbox: [number, number, number, number]
  iscrowd: 0
}

interface ExportedCategory {
  id: number
  name: string
  supercategory: string
}

export interface ExportedInstances extends CocoInstances {
  annotations: ExportedAnnotation[]
  categories: ExportedCategory[]
}

/**
 * The categories of classes: all but background. Their ids are the class ids; if there is no background, one more, since 0 means no
 * category to most programs.
 */
export function cocoCategories(classNames: readonly string[]): ExportedCategory[] {
  const first = hasBackground(classNames) ? 1 : 0
  return classNames.slice(first).map((name, i) => ({ id: i + 1, name, supercategory: name }))
}

/**
 * The annotations of one image, with ids from `firstId`: one for each connected part of a class, which COCO calls an instance. A part without
 * holes is an outline along the borders of its pixels, any other a bitmap. Pixels of IGNORE_INDEX are left out: COCO has no word for them.
 */
export function cocoAnnotations(
  labels: Labels,
  { classNames, imageId, firstId }: { classNames: readonly string[]; imageId: number; firstId: number },
): ExportedAnnotation[] {
  const found = findComponents(labels)
  const shift = hasBackground(classNames) ? 0 : 1
  const annotations: ExportedAnnotation[] = []
  for (const [i, { value, area, left, top, right, bottom }] of found.components.entries()) {
    if (value === IGNORE_INDEX || value + shift === 0) continue
    annotations.push({
      id: firstId + annotations.length,
      image_id: imageId,
      category_id: value + shift,
      segmentation: segmentationOf(i, found),
      area,
      bbox: [left, top, right - left, bottom - top],
      iscrowd: 0,
    })
  }
  return annotations
}

/** COCO's outlines of one object are all filled, so they cannot leave a hole. */
function segmentationOf(id: number, found: Components): CocoAnnotation['segmentation'] {
  const { corners, hasHoles } = outlineOf(id, found)
  return hasHoles
    ? encodeRle(found.owners, id, { ...found.components[id], width: found.width, height: found.height })
    : [corners]
}
