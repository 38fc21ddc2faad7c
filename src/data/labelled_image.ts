// Checks the values that a dataset returns before anything is computed with them: a dataset may be the caller's own code.

import { BadImageError, UserError } from '../errors.ts'
import { type Dataset, IGNORE_INDEX, type LabelledImage, type Labels } from './dataset.ts'

/** Throws a UserError if size, ids or class names are not those of a dataset. Does not look for duplicate names. */
export function checkDatasetFields({ name, size, ids, classNames }: Dataset): void {
  const refuse = (field: string, expected: string, got: unknown) => {
    throw new UserError(`${name}: ${field}: expected ${expected}, got ${got}`)
  }
  if (!Number.isInteger(size) || size < 1) refuse('size', 'a whole number above 0', size)
  if (!Array.isArray(ids) || ids.length !== size)
    refuse('ids', `a name for each of ${size} images`, ids?.length)
  if (!Array.isArray(classNames) || classNames.length < 2 || classNames.length > IGNORE_INDEX)
    refuse('classNames', `2 to ${IGNORE_INDEX} names`, classNames?.length)
  const odd = classNames.findIndex(each => typeof each !== 'string')
  if (odd >= 0) refuse('classNames', `a name for class ${odd}`, typeName(classNames[odd]))
}

/** Reads an image of a dataset. Throws a BadImageError if it cannot be read, or if the sizes of photo and labels differ. */
export async function readLabelledImage(dataset: Dataset, index: number): Promise<LabelledImage> {
  return asBadImage(async () => {
    const labelled = await dataset.read(index)
    checkPhoto(labelled, dataset.ids[index])
    checkMask(labelled, dataset.ids[index])
    return labelled
  })
}

/** As `readLabelledImage`, for the labels alone. */
export async function readLabels(dataset: Dataset, index: number): Promise<Labels> {
  return asBadImage(async () => {
    const labels = await dataset.readLabels(index)
    checkMask(labels, dataset.ids[index])
    return labels
  })
}

/** Throws a BadImageError for a label that is neither a class nor IGNORE_INDEX. */
export function checkClassIds(mask: Uint8Array, classes: number, id: string): void {
  const odd = mask.find(label => label >= classes && label !== IGNORE_INDEX)
  if (odd !== undefined) throw new BadImageError(oddClassText(id, odd, classes))
}

export const oddClassText = (id: string, label: number, classes: number) =>
  `${id}: holds class ${label}, but the last of the ${classes} classes is ${classes - 1}`

async function asBadImage<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof BadImageError) throw error
    throw new BadImageError(error.message)
  }
}

function checkPhoto({ image, width, height }: LabelledImage, id: string): void {
  const pixels = area(image?.width, image?.height)
  if (pixels === undefined)
    throw new BadImageError(
      `${id}: image: expected width and height, got ${image?.width} and ${image?.height}`,
    )
  expectBytes(`${id}: image.data`, image.data, 4 * pixels, `${image.width}×${image.height} pixels of RGBA`)
  const { originalWidth, originalHeight, samples } = image
  if (samples && samples.data.length !== pixels * samples.channels)
    throw new BadImageError(
      `${id}: image.samples: expected ${pixels * samples.channels} numbers, got ${samples.data.length}`,
    )
  if (originalWidth !== width || originalHeight !== height)
    throw new BadImageError(
      `${id}: the photo is of ${originalWidth}×${originalHeight} pixels, but its labels of ${width}×${height}`,
    )
}

function checkMask({ mask, width, height }: Labels, id: string): void {
  const pixels = area(width, height)
  if (pixels === undefined)
    throw new BadImageError(`${id}: labels: expected width and height, got ${width} and ${height}`)
  expectBytes(`${id}: mask`, mask, pixels, `${width}×${height} labels`)
}

function expectBytes(what: string, bytes: unknown, length: number, unit: string): void {
  if (bytes instanceof Uint8Array && bytes.length === length) return
  const got = bytes instanceof Uint8Array ? `${bytes.length}` : `not a Uint8Array but ${typeName(bytes)}`
  throw new BadImageError(`${what}: expected ${length} bytes (${unit}), got ${got}`)
}

const isLength = (value: unknown) => Number.isInteger(value) && (value as number) > 0

const area = (width: unknown, height: unknown) =>
  isLength(width) && isLength(height) ? (width as number) * (height as number) : undefined

const typeName = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : typeof value
