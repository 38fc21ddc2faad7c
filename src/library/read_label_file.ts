// Labels of one photo from a file of another tool, for a model with classes of its own.

import * as v from 'valibot'
import { classIds, hasBackground } from '../data/class_names.ts'
import { parseInstances } from '../data/coco.ts'
import { type ClassRegion, drawRegions } from '../data/coco_regions.ts'
import { IGNORE_INDEX, type Labels } from '../data/dataset.ts'
import { checkClassIds } from '../data/labelled_image.ts'
import { drawShapes, parseLabelme } from '../data/labelme.ts'
import { UserError } from '../errors.ts'
import { parseJson } from '../json.ts'
import { printable } from '../printable.ts'
import { decodeMaskPng } from './mask_png_decoder.ts'
import type { Size } from './pixels.ts'

/** The photo and the model that labels are read for. */
interface LabelTarget extends Size {
  /** The photo's file name. */
  photo: string
  classNames: readonly string[]
}

interface LabelFile {
  name: string
  bytes: Uint8Array
}

/**
 * A class id for each pixel of the photo, or IGNORE_INDEX for none, from LabelMe's JSON, COCO's JSON or a PNG of class ids. What a JSON does
 * not cover is background, or nothing if the model has no background. Throws a UserError that begins with the file's name for a damaged
 * file, for labels of another size, and for classes that the model lacks.
 */
export async function readLabelFile(
  { name, bytes }: LabelFile,
  target: LabelTarget,
  platform: Parameters<typeof decodeMaskPng>[1],
): Promise<Uint8Array> {
  const file = printable(name)
  if (bytes[0] === 0x89) return naming(file, async () => masked(await decodeMaskPng(bytes, platform), target))
  const text = new TextDecoder().decode(bytes)
  const { shapes, annotations } = parseJson(KINDS, text, file)
  if (shapes !== undefined) return labelme({ file, text }, target)
  if (annotations !== undefined) return coco({ file, text }, target)
  throw new UserError(`${file}: expected LabelMe's JSON, COCO's JSON or a PNG of class ids`)
}

const KINDS = v.object({ shapes: v.optional(v.unknown()), annotations: v.optional(v.unknown()) })

interface TextFile {
  file: string
  text: string
}

function labelme({ file, text }: TextFile, target: LabelTarget): Promise<Uint8Array> {
  const { shapes, imageWidth: width, imageHeight: height } = parseLabelme(file, text)
  return naming(file, () => {
    checkSize({ width, height }, target)
    return drawShapes(shapes, { ...target, outside: outsideOf(target) }).mask
  })
}

function coco({ file, text }: TextFile, target: LabelTarget): Promise<Uint8Array> {
  const { images, annotations, categories } = parseInstances(file, text)
  return naming(file, () => {
    const image = images.find(({ file_name }) => stem(file_name) === stem(target.photo)) ?? only(images)
    if (!image) throw new UserError(`none of its ${images.length} images is ${printable(target.photo)}`)
    checkSize(image, target)
    const names = new Map(categories.map(({ id, name }) => [id, name]))
    // Regions are numbered from 1, because 0 is what no region covers.
    const regions = annotations
      .filter(({ image_id }) => image_id === image.id)
      .map(({ category_id, segmentation }): ClassRegion => {
        const [id] = classIds([names.get(category_id)!], target.classNames)
        return { classId: id + 1, segmentation }
      })
    const { mask } = drawRegions(regions, target)
    const outside = outsideOf(target)
    return mask.map(id => (id === IGNORE_INDEX ? id : id === 0 ? outside : id - 1))
  })
}

function masked(labels: Labels, target: LabelTarget): Uint8Array {
  checkSize(labels, target)
  checkClassIds(labels.mask, target.classNames.length, 'the mask')
  return labels.mask
}

/** Runs work, and names the file in its error. */
async function naming(file: string, work: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: ${error.message}`) : error
  }
}

/** The label of what no shape covers. */
const outsideOf = ({ classNames }: LabelTarget) => (hasBackground(classNames) ? 0 : IGNORE_INDEX)

function checkSize({ width, height }: Size, target: LabelTarget): void {
  if (width !== target.width || height !== target.height)
    throw new UserError(
      `labels of ${width}×${height} pixels, and the photo has ${target.width}×${target.height}`,
    )
}

const only = <T>(list: readonly T[]): T | undefined => (list.length === 1 ? list[0] : undefined)

/** A file's name without its folder and its ending. */
const stem = (name: string) => name.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '')
