// COCO's outlines and bitmaps, drawn as labels.

import sharp from 'sharp'
import { type CocoRle, decodeRle } from '../../data/coco_rle.ts'
import { IGNORE_INDEX, type Labels } from '../../data/dataset.ts'
import { UserError } from '../../errors.ts'

/** What of a photo belongs to a class. */
export interface Region {
  classId: number
  segmentation: number[][] | CocoRle
}

/**
 * Labels of the photo: background (0) where there is no region, IGNORE_INDEX where regions of several classes overlap, since COCO
 * does not say which is in front. Throws a UserError for coordinates or runs that make no sense.
 */
export async function drawRegions(
  regions: readonly Region[],
  { width, height }: { width: number; height: number },
): Promise<Labels> {
  const mask = new Uint8Array(width * height)
  for (const id of new Set(regions.map(({ classId }) => classId))) {
    const bitmap = await drawClass(
      regions.filter(({ classId }) => classId === id),
      { width, height },
    )
    for (let i = 0; i < mask.length; i++) if (bitmap[i]) mask[i] = mask[i] === 0 ? id : IGNORE_INDEX
  }
  return { mask, width, height }
}

type Size = { width: number; height: number }

/** Where any of the regions is: height · width bytes, 0 where not. */
async function drawClass(regions: readonly Region[], { width, height }: Size): Promise<Uint8Array> {
  const polygons = regions.flatMap(({ segmentation }) => (Array.isArray(segmentation) ? segmentation : []))
  const union = polygons.length > 0 ? await fill(polygons, { width, height }) : new Uint8Array(width * height)
  for (const { segmentation } of regions) {
    if (Array.isArray(segmentation)) continue
    const [rows, columns] = segmentation.size
    if (rows !== height || columns !== width)
      throw new UserError(`a bitmap of ${columns}×${rows} pixels in an image of ${width}×${height}`)
    decodeRle(segmentation).forEach((bit, i) => {
      union[i] |= bit
    })
  }
  return union
}

/** A pixel is inside where its centre is: `crispEdges` turns smoothing off. */
async function fill(polygons: readonly number[][], { width, height }: Size): Promise<Uint8Array> {
  const shapes = polygons.map(points => {
    if (points.length < 6 || !points.every(Number.isFinite))
      throw new UserError(`an outline of ${points.length} coordinates: expected at least 6 numbers`)
    return `<polygon points="${points.join(' ')}"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g fill="white" shape-rendering="crispEdges">${shapes.join('')}</g></svg>`
  const { buffer, byteOffset, length } = await sharp(Buffer.from(svg), { limitInputPixels: false })
    .extractChannel('alpha')
    .raw()
    .toBuffer()
  return new Uint8Array(buffer, byteOffset, length)
}
