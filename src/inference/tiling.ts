// The windows of a large photo, and the weights with which their results are blended.

import type { Rows } from '../kernels/geometry.ts'

/** The windows along the rows or the columns of a photo. */
export interface TiledAxis {
  /** In order; together they cover the photo. All have the same size. */
  windows: readonly Rows[]
  /** The weight of each window at each of its pixels, one window after the other. At a pixel, the weights of all windows add up to 1. */
  weights: Float32Array
  /** From each edge of a window to the next edge of any: what the same windows cover. */
  parts: readonly TiledPart[]
}

interface TiledPart extends Rows {
  /** The indices of the windows that cover it. */
  windows: readonly number[]
}

export interface Tiling {
  rows: TiledAxis
  columns: TiledAxis
}

interface TilingOptions {
  /** The edge of a window, in pixels of the photo. */
  tile: number
  /** The share of a window that the next one has, too, at least. */
  overlap: number
  /** Windows begin at multiples of it, except for the last one, which ends with the photo. */
  align: number
}

/** The windows of a photo. One that is smaller than a window has one window of its own size. */
export const tilingOf = (photo: { width: number; height: number }, options: TilingOptions): Tiling => ({
  rows: axisOf(photo.height, options),
  columns: axisOf(photo.width, options),
})

function axisOf(length: number, options: TilingOptions): TiledAxis {
  const windows = windowsAlong(length, options)
  return { windows, weights: weightsOf(windows, length), parts: partsOf(windows) }
}

function windowsAlong(length: number, { tile, overlap, align }: TilingOptions): Rows[] {
  const count = Math.min(tile, length)
  const step = Math.max(1, Math.floor((tile * (1 - overlap)) / align)) * align
  const windows: Rows[] = []
  for (let from = 0; from < length - count; from += step) windows.push({ from, count })
  return [...windows, { from: length - count, count }]
}

/**
 * A triangle over each window, normalised: where two windows overlap, one fades linearly into the other. A network knows least about
 * the pixels at the edge of a window, of whose surroundings it sees one side, so they count least.
 */
function weightsOf(windows: readonly Rows[], length: number): Float32Array {
  const triangle = ({ count }: Rows, i: number) => Math.min(i + 0.5, count - i - 0.5)
  const sums = new Float64Array(length)
  for (const window of windows)
    for (let i = 0; i < window.count; i++) sums[window.from + i] += triangle(window, i)
  const weights = new Float32Array(windows.length * windows[0].count)
  for (const [index, window] of windows.entries())
    for (let i = 0; i < window.count; i++)
      weights[index * window.count + i] = triangle(window, i) / sums[window.from + i]
  return weights
}

function partsOf(windows: readonly Rows[]): TiledPart[] {
  const edges = new Set(windows.flatMap(({ from, count }) => [from, from + count]))
  const sorted = [...edges].sort((a, b) => a - b)
  let first = 0
  return sorted.slice(1).map((to, i) => {
    const from = sorted[i]
    while (windows[first].from + windows[first].count < to) first++
    const covering: number[] = []
    for (let index = first; index < windows.length && windows[index].from <= from; index++)
      covering.push(index)
    return { from, count: to - from, windows: covering }
  })
}

/** The pixels of all windows together. */
export function tiledPixels(photo: { width: number; height: number }, options: TilingOptions): number {
  const along = (length: number) => windowsAlong(length, options).length * Math.min(options.tile, length)
  return along(photo.width) * along(photo.height)
}

/** The most windows that cover one pixel of an axis. */
export const mostCovering = ({ parts }: TiledAxis): number =>
  parts.reduce((most, { windows }) => Math.max(most, windows.length), 0)
