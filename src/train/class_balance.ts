// What a recipe's answer to rare classes comes to on a dataset.

import type { DatasetReport } from '../data/check.ts'
import { UserError } from '../errors.ts'
import type { Recipe } from './recipe.ts'

export interface ClassBalance {
  /** A factor for each class on its pixels' loss; null where all count alike. */
  classWeights: readonly number[] | null
}

/** Throws a UserError where what a recipe says of classes is not of these. */
export function checkClassBalance({ classWeights }: Recipe, classNames: readonly string[]): void {
  if (Array.isArray(classWeights) && classWeights.length !== classNames.length)
    throw new UserError(
      `classWeights: expected a weight for each of the ${classNames.length} classes, got ${classWeights.length}`,
    )
}

/** `report` is asked for only where the recipe leaves something to the dataset's labels. */
export async function classBalance(
  { classWeights }: Recipe,
  report: () => Promise<DatasetReport>,
): Promise<ClassBalance> {
  if (classWeights !== 'balanced') return { classWeights }
  return { classWeights: medianFrequencyWeights((await report()).pixels) }
}

/**
 * Median frequency balancing (Eigen and Fergus 2015): a class weighs the median of all frequencies over its own,
 * and its frequency is its share of the labelled pixels of the images that hold it. `pixels` has each image's pixels of each
 * class. A class that no image holds weighs 1: it is in no loss, and the median is of the others.
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

/** Of an even number of values, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b)
  const half = (ascending.length - 1) / 2
  return (ascending[Math.floor(half)] + ascending[Math.ceil(half)]) / 2
}
