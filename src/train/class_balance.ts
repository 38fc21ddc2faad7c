// Applies a recipe's options for rare and hard classes to a dataset.

import type { DatasetReport } from '../data/check.ts'
import { classIds } from '../data/class_names.ts'
import { UserError } from '../errors.ts'
import { bootstrap } from './hard_classes.ts'
import type { Recipe } from './recipe_options.ts'

export interface ClassBalance {
  /** A factor for each class on its pixels' loss; null if all classes count alike. */
  classWeights: readonly number[] | null
  /** The images to draw in an epoch: images with hard classes twice, bad images not at all. Null: every image once. */
  indices: readonly number[] | null
}

/** Throws a UserError if a recipe's options do not fit these classes. */
export function checkClassBalance(
  { classWeights, hardClasses }: Recipe,
  classNames: readonly string[],
): void {
  classIds(hardClasses, classNames)
  if (Array.isArray(classWeights) && classWeights.length !== classNames.length)
    throw new UserError(
      `classWeights: expected a weight for each of the ${classNames.length} classes, got ${classWeights.length}`,
    )
}

/** Whether an option of a recipe depends on the dataset's labels. */
export const needsLabels = ({ classWeights, hardClasses }: Recipe): boolean =>
  classWeights === 'balanced' || hardClasses.length > 0

/**
 * `report` is needed if `needsLabels` says so. Images with a problem in the report do not count, and a recipe that skips bad
 * images does not draw them. Throws a UserError if no image is left.
 */
export function classBalance(
  { classWeights, hardClasses, badImages }: Recipe,
  classNames: readonly string[],
  report?: DatasetReport,
): ClassBalance {
  const bad = new Set(report?.problems.map(({ index }) => index))
  const pixels = report?.pixels ?? []
  const sound = [...pixels.keys()].filter(index => !bad.has(index))
  if (report && sound.length === 0) throw new UserError('there is no image without a problem')
  const drawn = badImages === 'skip' ? sound : [...pixels.keys()]
  const hard = classIds(hardClasses, classNames)
  const weights =
    classWeights === 'balanced' ? medianFrequencyWeights(sound.map(index => pixels[index])) : classWeights
  if (hard.length > 0) return { classWeights: weights, indices: bootstrap(pixels, hard, drawn) }
  return { classWeights: weights, indices: drawn.length < pixels.length ? drawn : null }
}

/**
 * Median frequency balancing (Eigen and Fergus 2015). The weight of a class is the median of all frequencies divided by its own
 * frequency. Its frequency is its share of the labelled pixels in the images that contain it. `pixels` has each image's number of
 * pixels of each class. A class that no image contains has the weight 1 and does not enter the median.
 */
export function medianFrequencyWeights(pixels: readonly (readonly number[])[]): number[] {
  const frequencies = pixels[0].map((_, id) => {
    const holders = pixels.filter(image => image[id] > 0)
    return total(holders.map(image => image[id])) / Math.max(1, total(holders.map(total)))
  })
  const middle = median(frequencies.filter(frequency => frequency > 0))
  return frequencies.map(frequency => (frequency > 0 ? middle / frequency : 1))
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** For an even number of values, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b)
  const half = (ascending.length - 1) / 2
  return (ascending[Math.floor(half)] + ascending[Math.ceil(half)]) / 2
}
