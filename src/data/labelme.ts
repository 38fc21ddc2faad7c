// LabelMe's JSON: the shapes of one photo, painted one over the other.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { parseJson } from '../json.ts'
import { printableUpTo } from '../printable.ts'
import { hasBackground } from './class_names.ts'
import { findComponents, outlineOf } from './components.ts'
import { IGNORE_INDEX, type Labels } from './dataset.ts'
import { fillPolygon } from './fill_polygon.ts'

/** LabelMe's own names for the pixels of no object, and for those that are not scored. */
const BACKGROUND = '_background_'
const IGNORE = '__ignore__'

export interface LabelmeShape {
  label: string
  points: [x: number, y: number][]
  shape_type: 'polygon' | 'rectangle'
}

export interface LabelmeFile {
  /** Relative to the folder of the JSON. */
  imagePath: string
  imageWidth: number
  imageHeight: number
  shapes: LabelmeShape[]
}

/** The name of a class or of IGNORE_INDEX in LabelMe. */
function labelmeName(id: number, classNames: readonly string[]): string {
  if (id === IGNORE_INDEX) return IGNORE
  return id === 0 && hasBackground(classNames) ? BACKGROUND : classNames[id]
}

/**
 * The labels as LabelMe's JSON: a polygon for each connected part of a class. What is within a hole of a part follows it, so that it is painted
 * over it. A corner is the place of a pixel, since LabelMe's converter paints the pixels under a polygon's border, too: with these
 * corners it paints exactly the part.
 */
export function labelmeFile(
  labels: Labels,
  { classNames, imagePath }: { classNames: readonly string[]; imagePath: string },
): object {
  const found = findComponents(labels)
  const { width, height } = labels
  const isUnpainted = hasBackground(classNames)
  const shapes = found.components.flatMap(({ value, left, top, right, bottom }, id) => {
    const isWithin = left > 0 && top > 0 && right < width && bottom < height
    if (value === 0 && isUnpainted && !isWithin) return []
    return [
      {
        label: labelmeName(value, classNames),
        points: pointsOf(outlineOf(id, found).pixels),
        group_id: null,
        shape_type: 'polygon',
        flags: {},
      },
    ]
  })
  return {
    version: '5.1.1',
    flags: {},
    shapes,
    imagePath,
    imageData: null,
    imageHeight: height,
    imageWidth: width,
  }
}

/** At least three points, which LabelMe asks for: the last one stands again. */
function pointsOf(pixels: readonly number[]): [number, number][] {
  const points = Array.from({ length: pixels.length / 2 }, (_, i): [number, number] => [
    pixels[2 * i],
    pixels[2 * i + 1],
  ])
  while (points.length < 3) points.push(points[points.length - 1])
  return points
}

const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 20))
const FILE = v.object({
  imagePath: v.string(),
  imageWidth: side,
  imageHeight: side,
  shapes: v.array(
    v.object({
      label: v.string(),
      points: v.array(v.tuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())])),
      shape_type: v.optional(
        v.picklist(['polygon', 'rectangle'], 'expected polygon or rectangle'),
        'polygon',
      ),
    }),
  ),
})

/** Throws a UserError that begins with `file` for a text that is not LabelMe's JSON, or has shapes without an inside. */
export function parseLabelme(file: string, text: string): LabelmeFile {
  const { imagePath, imageWidth, imageHeight, shapes } = parseJson(FILE, text, file)
  return { imagePath, imageWidth, imageHeight, shapes }
}

/** Background, and the labels of all files in the order of the alphabet. */
export function labelmeClasses(files: readonly LabelmeFile[]): string[] {
  const labels = new Set(files.flatMap(({ shapes }) => shapes.map(({ label }) => label)))
  for (const own of [BACKGROUND, IGNORE, 'background']) labels.delete(own)
  return ['background', ...[...labels].sort()]
}

/** The id of a label. Undefined for one that is none of the classes. */
function idOf(label: string, classNames: readonly string[]): number | undefined {
  if (label === IGNORE) return IGNORE_INDEX
  if (label === BACKGROUND && hasBackground(classNames)) return 0
  const id = classNames.indexOf(label)
  return id < 0 ? undefined : id
}

interface Drawing {
  classNames: readonly string[]
  width: number
  height: number
  /** Default: class 0. */
  outside?: number
}

/**
 * The labels of a photo: `outside` where there is no shape. Each shape replaces those before it, its border included. Throws a UserError for a
 * label that is no class, and for coordinates that make no sense.
 */
export function drawShapes(
  shapes: readonly LabelmeShape[],
  { classNames, width, height, outside = 0 }: Drawing,
): Labels {
  const mask = new Uint8Array(width * height).fill(outside)
  for (const { label, points, shape_type } of shapes) {
    const id = idOf(label, classNames)
    if (id === undefined) throw new UserError(`there is no class "${printableUpTo(40, label)}"`)
    const corners = shape_type === 'rectangle' ? rectangleCorners(points) : points
    const places = corners.map(([x, y]): Point => [Math.trunc(x), Math.trunc(y)])
    paintPolygon(places, { mask, width, height, id })
  }
  return { mask, width, height }
}

type Point = readonly [x: number, y: number]

function rectangleCorners(points: readonly Point[]): Point[] {
  if (points.length !== 2) throw new UserError(`a rectangle of ${points.length} points: expected 2`)
  const [[left, top], [right, bottom]] = points
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]
}

interface Painting extends Labels {
  id: number
}

/** Paints the pixels within a polygon whose corners are places of pixels, and those under its border. */
function paintPolygon(corners: readonly Point[], { mask, width, height, id }: Painting): void {
  const [left, right] = extent(
    corners.map(([x]) => x),
    width,
  )
  const [top, bottom] = extent(
    corners.map(([, y]) => y),
    height,
  )
  const size = { width: Math.max(0, right - left), height: Math.max(0, bottom - top) }
  const bitmap = new Uint8Array(size.width * size.height)
  const moved = corners.map(([x, y]): Point => [x - left, y - top])
  fillPolygon(
    moved.flatMap(([x, y]) => [x + 0.5, y + 0.5]),
    bitmap,
    size,
  )
  for (const [i, corner] of moved.entries())
    drawLine(corner, moved[(i + 1) % moved.length], { bitmap, ...size })
  for (let i = 0; i < bitmap.length; i++)
    if (bitmap[i]) mask[(top + Math.floor(i / size.width)) * width + left + (i % size.width)] = id
}

/** The first place of a polygon within the photo, and the one after its last. */
function extent(places: readonly number[], count: number): [first: number, end: number] {
  let [first, last] = [count, -1]
  for (const place of places) {
    first = Math.min(first, place)
    last = Math.max(last, place)
  }
  return [Math.max(0, first), Math.min(count, last + 1)]
}

function drawLine(
  [x, y]: Point,
  [endX, endY]: Point,
  { bitmap, width, height }: { bitmap: Uint8Array; width: number; height: number },
): void {
  const steps = Math.max(Math.abs(endX - x), Math.abs(endY - y))
  for (let step = 0; step <= steps; step++) {
    const share = steps === 0 ? 0 : step / steps
    const [column, row] = [Math.round(x + share * (endX - x)), Math.round(y + share * (endY - y))]
    if (column >= 0 && row >= 0 && column < width && row < height) bitmap[row * width + column] = 1
  }
}
