// Which part of a picture its box shows: enlarged, and moved.

import type { Point } from '../teach/strokes.ts'

/** The picture is `scale` times as large as the box. Its upper left corner is at x, y: shares of the box's width and height, at most 0. */
export interface PictureWindow extends Point {
  scale: number
}

export const WHOLE: PictureWindow = { scale: 1, x: 0, y: 0 }

const MOST = 12

/** Enlarged by a factor, about a point: shares of the box. */
export function zoomed({ scale, x, y }: PictureWindow, factor: number, about: Point): PictureWindow {
  const larger = Math.min(Math.max(scale * factor, 1), MOST)
  const by = larger / scale
  return within({ scale: larger, x: about.x - (about.x - x) * by, y: about.y - (about.y - y) * by })
}

/** Moved by shares of the box, as far as the picture reaches. */
export const moved = ({ scale, x, y }: PictureWindow, by: Point): PictureWindow =>
  within({ scale, x: x + by.x, y: y + by.y })

/** Where a point of the picture is in the box, both as shares. */
export const placeIn = ({ scale, x, y }: PictureWindow, point: Point): Point => ({
  x: x + point.x * scale,
  y: y + point.y * scale,
})

function within({ scale, x, y }: PictureWindow): PictureWindow {
  const clamp = (value: number) => Math.min(Math.max(value, 1 - scale), 0)
  return { scale, x: clamp(x), y: clamp(y) }
}
