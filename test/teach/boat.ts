// The drawing of a sailing boat, docs/scene.png: strokes on it, and where the boat is.

import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { fillPolygon } from '../../src/data/fill_polygon.ts'
import type { Image } from '../../src/data/image.ts'
import { readImage } from '../../src/node/images/image.ts'

const SIZE = { width: 640, height: 480 }

export const readBoat = (): Promise<Image> => readImage('docs/scene.png')

/** The hull, the mast, the sails and the cabin, as docs/scene.svg draws them with straight lines. */
const OUTLINES = [
  [210, 330, 450, 330, 441, 356, 415, 376, 250, 376, 219, 356],
  [322, 90, 327, 90, 327, 330, 322, 330],
  [330, 96, 372, 165, 403, 230, 424, 292, 430, 318, 330, 318],
  [318, 110, 318, 318, 228, 318, 244, 268, 276, 186],
  [285, 312, 375, 312, 375, 332, 285, 332],
]

/** 1 for each pixel of the boat, 0 for sea, sky and the reflection. */
export function boatMask(): Uint8Array {
  const mask = new Uint8Array(SIZE.width * SIZE.height)
  for (const outline of OUTLINES) fillPolygon(outline, mask, SIZE)
  return mask
}

/** A straight stroke. */
export interface Stroke {
  from: readonly [x: number, y: number]
  to: readonly [x: number, y: number]
  label: number
}

/** Labels with strokes of a round brush. Pixels without a stroke have IGNORE_INDEX. */
export function painted(
  strokes: readonly Stroke[],
  { width, height, radius }: { width: number; height: number; radius: number },
): Uint8Array {
  const labels = new Uint8Array(width * height).fill(IGNORE_INDEX)
  for (const stroke of strokes)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        if (distance([x, y], stroke) <= radius) labels[y * width + x] = stroke.label
  return labels
}

/** From a point to the nearest point of a stroke. */
function distance([x, y]: readonly [number, number], { from, to }: Stroke): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const along = ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy)
  const t = Math.min(1, Math.max(0, along))
  return Math.hypot(x - from[0] - t * dx, y - from[1] - t * dy)
}

/** One stroke on the sails, one on the sky, one on the sea. */
export const threeStrokes = (boat: number, background: number): Uint8Array =>
  painted(
    [
      { from: [290, 240], to: [380, 300], label: boat },
      { from: [60, 60], to: [560, 110], label: background },
      { from: [60, 420], to: [580, 420], label: background },
    ],
    { ...SIZE, radius: 6 },
  )

/**
 * How well a mask has the boat, on the pixels without strokes: its IoU; and of the other pixels, all background, the share that changed to
 * another class than background, and of these those that were right before.
 */
export function boatScore(
  mask: Uint8Array,
  { before, labels, boat }: { before: Uint8Array; labels: Uint8Array; boat: number },
): { iou: number; changed: number; spoilt: number } {
  const truth = boatMask()
  const rest = [...mask.keys()].filter(i => labels[i] === IGNORE_INDEX)
  const count = (holds: (i: number) => unknown) => rest.filter(holds).length
  const others = count(i => !truth[i])
  const isChanged = (i: number) => !truth[i] && mask[i] !== before[i] && mask[i] !== 0
  return {
    iou: count(i => truth[i] && mask[i] === boat) / count(i => truth[i] || mask[i] === boat),
    changed: count(isChanged) / others,
    spoilt: count(i => isChanged(i) && before[i] === 0) / others,
  }
}
