// The taps of a window that are inside the map. Along an axis, these taps are a range, and the range is the same for a
// whole stretch of outputs. So a map has a few regions (3 × 3 for a 3×3 kernel with dilation), and all outputs of a
// region have the same rectangle of taps. A kernel that works region by region multiplies nothing with padding, and
// needs no tests. shaders/lib/tap_regions.wgsl does the same arithmetic.

import { type Window, windowedSize } from '../geometry.ts'

/** A window that slides along one axis. */
export interface Axis {
  inputs: number
  outputs: number
  taps: number
  stride: number
  dilation: number
  /** Padding before the map. */
  pad: number
}

/** The outputs `first` … `end` − 1. The taps `firstTap` … `endTap` − 1 are inside the map for at least one of them. */
export interface Stretch {
  first: number
  end: number
  firstTap: number
  endTap: number
}

/** A rectangle of outputs and its rectangle of taps, which is empty where all taps are in the padding. */
export interface Region {
  rows: Stretch
  columns: Stretch
}

/** The axes of a window over a map. */
export function windowAxes(map: { h: number; w: number }, window: Window): { rows: Axis; columns: Axis } {
  const { kernel, stride, dilation, padding } = window
  const out = windowedSize(map, window)
  const shared = { stride, dilation }
  return {
    rows: { ...shared, inputs: map.h, outputs: out.h, taps: kernel[0], pad: padding.top },
    columns: { ...shared, inputs: map.w, outputs: out.w, taps: kernel[1], pad: padding.left },
  }
}

/** All outputs of an axis, in stretches that have the same taps. If not `exact`, the axis is one stretch. */
export function stretches(axis: Axis, exact: boolean): Stretch[] {
  const found: Stretch[] = []
  for (let first = 0; first < axis.outputs; first = found.at(-1)!.end)
    found.push(stretchFrom(axis, first, exact))
  return found
}

/** The regions of a map, row by row. */
export const regions = (rows: Stretch[], columns: Stretch[]): Region[] =>
  rows.flatMap(row => columns.map(column => ({ rows: row, columns: column })))

/** Number of outputs of a region in one image. */
export const regionOutputs = ({ rows, columns }: Region): number =>
  (rows.end - rows.first) * (columns.end - columns.first)

/** Number of taps of a region. */
export const regionTaps = ({ rows, columns }: Region): number =>
  Math.max(0, rows.endTap - rows.firstTap) * Math.max(0, columns.endTap - columns.firstTap)

/** Number of taps inside the map, over all outputs of one image. */
export function tapsInside(map: { h: number; w: number }, window: Window): number {
  const { rows, columns } = windowAxes(map, window)
  return regions(stretches(rows, true), stretches(columns, true)).reduce(
    (sum, region) => sum + regionOutputs(region) * regionTaps(region),
    0,
  )
}

function stretchFrom(axis: Axis, first: number, exact: boolean): Stretch {
  const changes = exact ? [nextChange(axis, 0, first), nextChange(axis, axis.inputs, first)] : []
  const end = Math.min(axis.outputs, ...changes)
  // The later an output, the fewer of its taps lie before an edge of the map.
  return { first, end, firstTap: tapsBefore(axis, 0, end - 1), endTap: tapsBefore(axis, axis.inputs, first) }
}

/** How many taps of an output lie before the input coordinate `edge`. */
const tapsBefore = ({ taps, stride, dilation, pad }: Axis, edge: number, output: number): number =>
  Math.min(taps, divideUp(edge + pad - output * stride, dilation))

/** The next output that has fewer taps before `edge`. */
function nextChange(axis: Axis, edge: number, output: number): number {
  const taps = tapsBefore(axis, edge, output)
  return taps === 0 ? axis.outputs : divideUp(edge + axis.pad - (taps - 1) * axis.dilation, axis.stride)
}

const divideUp = (a: number, b: number): number => Math.ceil(Math.max(0, a) / b)
