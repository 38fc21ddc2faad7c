// COCO's outlines and bitmaps, drawn as labels.

import { UserError } from '../errors.ts'
import { type CocoRle, decodeRle } from './coco_rle.ts'
import { IGNORE_INDEX, type Labels } from './dataset.ts'
import { fillPolygon } from './fill_polygon.ts'

/** The part of a photo that belongs to a class. */
export interface ClassRegion {
  classId: number
  segmentation: number[][] | CocoRle
}

/**
 * The labels of a photo: background (0) outside all regions, and IGNORE_INDEX in overlaps of several classes, because COCO
 * does not say which one is in front. Throws a UserError for coordinates or runs that make no sense.
 */
export function drawRegions(regions: readonly ClassRegion[], { width, height }: Size): Labels {
  const mask = new Uint8Array(width * height)
  for (const id of new Set(regions.map(({ classId }) => classId))) {
    const ofClass = regions.filter(({ classId }) => classId === id)
    const bitmap = drawClass(ofClass, { width, height })
    for (let i = 0; i < mask.length; i++) if (bitmap[i]) mask[i] = mask[i] === 0 ? id : IGNORE_INDEX
  }
  return { mask, width, height }
}

interface Size {
  width: number
  height: number
}

/** The union of the regions: height · width bytes, 0 outside. */
function drawClass(regions: readonly ClassRegion[], { width, height }: Size): Uint8Array {
  const union = new Uint8Array(width * height)
  for (const { segmentation } of regions) {
    if (Array.isArray(segmentation)) {
      for (const points of segmentation) fillPolygon(points, union, { width, height })
      continue
    }
    const [rows, columns] = segmentation.size
    if (rows !== height || columns !== width)
      throw new UserError(`a bitmap of ${columns}×${rows} pixels in an image of ${width}×${height}`)
    decodeRle(segmentation).forEach((bit, i) => {
      union[i] |= bit
    })
  }
  return union
}
