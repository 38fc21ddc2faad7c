// What a recipe's answers to rare and to hard classes come to on a dataset.

import type { DatasetReport } from '../data/check.ts'
import { classIds } from '../data/class_names.ts'
import { UserError } from '../errors.ts'
import type { Recipe } from './recipe.ts'
import { bootstrap } from './sampler.ts'

export interface ClassBalance {
  /** A factor for each class on its pixels' loss; null where all count alike. */
  classWeights: readonly number[] | null
  /** The images to draw in an epoch: those that hold hard classes twice, bad ones not at all; null for all, once each. */
  indices: readonly number[] | null
}

/** Throws a UserError where what a recipe says of classes is not of these. */
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

/** Whether a recipe leaves something to the dataset's labels. */
export const needsLabels = ({ classWeights, hardClasses }: Recipe): boolean =>
  classWeights === 'balanced' || hardClasses.length > 0

/**
 * `report` is needed where `needsLabels`. Images that it has a problem with count for nothing, and where the recipe skips bad
 * images they are not drawn. Throws a UserError where none is left.
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
