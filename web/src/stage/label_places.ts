// Where labels stand in a box: inside it, and not over each other.

import type { Spot } from './class_spots.ts'
import { type PictureWindow, placeIn } from './zoom_window.ts'

export interface Size {
  width: number
  height: number
}

/** A label's centre, in the box's pixels. */
export interface Place {
  x: number
  y: number
}

/** Between a label and the box's edge, and between two labels. */
const MARGIN = 4

/**
 * A place for each label, as near to its spot as the box's edge lets it, or undefined for none: its spot is not in the window, or labels
 * before it have the room there and just above and below. `sizes` are those of the labels.
 */
export function placesFor(
  spots: readonly Spot[],
  { sizes, box, window }: { sizes: readonly Size[]; box: Size; window: PictureWindow },
): (Place | undefined)[] {
  const taken: (Place & Size)[] = []
  return spots.map((spot, i) => {
    const { x, y } = placeIn(window, spot)
    if (Math.min(x, y) < 0 || Math.max(x, y) > 1) return undefined
    const size = sizes[i]
    for (const shift of [0, -1, 1]) {
      const place = {
        x: inside(x * box.width, size.width, box.width),
        y: inside(y * box.height + shift * (size.height + MARGIN), size.height, box.height),
      }
      if (taken.some(other => overlap({ ...place, ...size }, other))) continue
      taken.push({ ...place, ...size })
      return place
    }
    return undefined
  })
}

function inside(centre: number, extent: number, room: number): number {
  const least = extent / 2 + MARGIN
  return Math.max(least, Math.min(centre, room - least))
}

const overlap = (a: Place & Size, b: Place & Size): boolean =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 + MARGIN &&
  Math.abs(a.y - b.y) < (a.height + b.height) / 2 + MARGIN
