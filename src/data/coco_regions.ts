// COCO's outlines and bitmaps, drawn as labels.

import { UserError } from '../errors.ts'
import { type CocoRle, decodeRle } from './coco_rle.ts'
import { IGNORE_INDEX, type Labels } from './dataset.ts'
import { fillPolygon } from './fill_polygon.ts'

/** What of a photo belongs to a class. */
export interface Region {
  classId: number
  segmentation: number[][] | CocoRle
}

/**
 * Labels of the photo: background (0) where there is no region, IGNORE_INDEX where regions of several classes overlap, since COCO
 * does not say which is in front. Throws a UserError for coordinates or runs that make no sense.
 */
export function drawRegions(regions: readonly Region[], { width, height }: Size): Labels {
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

/** Where any of the regions is: height · width bytes, 0 where not. */
function drawClass(regions: readonly Region[], { width, height }: Size): Uint8Array {
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
