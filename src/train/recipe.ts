// How a network is trained: every choice that decides on the result, with the paper's as defaults.

import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { checkOutputStride, type DeepLabConfig } from '../model/config.ts'
import { checkOptionNames, namesOf, type OptionNames } from '../options.ts'
import { RECIPE_TYPES } from './recipe_schema.ts'
import type { TrainingOptions } from './training_options.ts'

export interface Recipe extends Omit<TrainingOptions, 'classWeights'> {
  microBatchSize: number
  /** Updates of the weights in all; the learning rate falls to 0 over them. */
  steps: number
  /** Of the first step; see `polyLearningRate`. */
  learningRate: number
  /** Length in pixels of a photo's edge as the network sees it, in training and from then on. Default: the model's. */
  size?: number
  /** Bounds of the random factor on that size. */
  scales: readonly [smallest: number, largest: number]
  /** Whether half of the examples are mirrored. */
  flip: boolean
  /**
   * A factor for each class on its pixels' loss, or `balanced`: by `medianFrequencyWeights` of the dataset. Null, the paper's:
   * all count alike.
   */
  classWeights: readonly number[] | 'balanced' | null
  /**
   * Names of classes whose images are drawn twice an epoch: bootstrapping (section 4 of DeepLabv3), which the paper does with
   * HARD_CLASSES for its best model. Default: none.
   */
  hardClasses: readonly string[]
  /**
   * What an image does that cannot be read, or whose labels are no classes. `stop`: the run ends with a BadImageError, and what
   * was learned is kept. `skip`: the next image in the order of the run takes its place, with a warning. May change when a run
   * is resumed. Default: stop.
   */
  badImages: 'stop' | 'skip'
  /** Of the order of the images, their crops, dropout and a new classifier: a whole number of up to 32 bits. */
  seed: number
}

/**
 * The first stage of sections 4 and A of DeepLabv3. Its second stage freezes batch norm, at output stride 8 and a learning
 * rate of 0.001.
 */
const PAPER: Omit<Recipe, 'weightDecay' | 'microBatchSize'> = {
  steps: 30_000,
  batchSize: 16,
  cropSize: 513,
  learningRate: 0.007,
  outputStride: 16,
  freezeBatchNorm: false,
  batchNormDecay: 0.9997,
  momentum: 0.9,
  headLearningRate: 1,
  dropout: 0,
  auxiliaryLoss: 0,
  scales: [0.5, 2],
  flip: true,
  classWeights: null,
  hardClasses: [],
  badImages: 'stop',
  seed: 0,
}

const RECIPE_OPTIONS: OptionNames<Recipe> = {
  ...namesOf(PAPER),
  ...{ weightDecay: true, microBatchSize: true, size: true, activationBudget: true },
}

/** The paper does not say; these are from the notes in its authors' code, tensorflow/models/research/deeplab/train.py. */
const weightDecayOf = ({ backbone }: DeepLabConfig) => (backbone === 'mobilenet_v2' ? 4e-5 : 1e-4)

/** Fewer images than this give batch norm poor statistics: the paper asks for large batches (section 4.1). */
const FEW_IMAGES = 8

/** Fills in the defaults. Throws a UserError that names the option where a value makes no sense. */
export function recipeFor(config: DeepLabConfig, options: Partial<Recipe>): Recipe {
  checkOptionNames(options, RECIPE_OPTIONS)
  checkJson(RECIPE_TYPES, options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const microBatchSize = options.batchSize ?? PAPER.batchSize
  const recipe: Recipe = { ...PAPER, weightDecay: weightDecayOf(config), microBatchSize, ...given }
  for (const name of ['steps', 'batchSize', 'microBatchSize', 'cropSize'] as const)
    check(recipe, name, 'a whole number above 0', Number.isInteger(recipe[name]) && recipe[name] > 0)
  for (const name of ['learningRate', 'headLearningRate'] as const)
    check(recipe, name, 'a number above 0', recipe[name] > 0 && recipe[name] < Infinity)
  for (const name of ['momentum', 'weightDecay', 'batchNormDecay'] as const)
    check(recipe, name, 'a number from 0 to 1', recipe[name] >= 0 && recipe[name] <= 1)
  check(recipe, 'dropout', 'a share from 0 to below 1', recipe.dropout >= 0 && recipe.dropout < 1)
  const { auxiliaryLoss } = recipe
  check(recipe, 'auxiliaryLoss', 'a weight from 0 up', auxiliaryLoss >= 0 && auxiliaryLoss < Infinity)
  if (auxiliaryLoss > 0 && config.backbone === 'mobilenet_v2')
    throw new UserError('auxiliaryLoss: only ResNets have an auxiliary head, not mobilenet_v2')
  const divides = recipe.batchSize % recipe.microBatchSize === 0
  check(recipe, 'microBatchSize', `a divisor of the batch size ${recipe.batchSize}`, divides)
  const { activationBudget } = recipe
  check(
    recipe,
    'activationBudget',
    'a number of MiB above 0',
    activationBudget === undefined || activationBudget > 0,
  )
  const { size } = recipe
  check(recipe, 'size', 'a whole number above 0', size === undefined || (Number.isInteger(size) && size > 0))
  const [smallest, largest] = recipe.scales
  check(recipe, 'scales', 'two factors above 0, the smaller first', smallest > 0 && largest >= smallest)
  const isSeed = Number.isInteger(recipe.seed) && recipe.seed >= 0 && recipe.seed < 2 ** 32
  check(recipe, 'seed', 'a whole number of up to 32 bits', isSeed)
  const { classWeights } = recipe
  const isWeights = classWeights === null || classWeights === 'balanced' || isWeightList(classWeights)
  check(recipe, 'classWeights', 'balanced, or numbers from 0 up that are not all 0', isWeights)
  const { badImages } = recipe
  check(recipe, 'badImages', 'stop or skip', badImages === 'stop' || badImages === 'skip')
  checkOutputStride(config, recipe.outputStride)
  return recipe
}

/** What is allowed but seldom wise. */
export function recipeWarnings({ microBatchSize, freezeBatchNorm }: Recipe): string[] {
  if (freezeBatchNorm || microBatchSize >= FEW_IMAGES) return []
  return [
    `batch norm trains on ${microBatchSize} image${microBatchSize === 1 ? '' : 's'} at a time, and its statistics are poor below ${FEW_IMAGES}: ` +
      'freeze it, or take larger batches of smaller crops',
  ]
}

const isWeightList = (weights: unknown) =>
  Array.isArray(weights) && weights.every(weight => weight >= 0 && weight < Infinity) && weights.some(Boolean)

function check(recipe: Recipe, name: keyof Recipe, expectation: string, holds: boolean): void {
  if (!holds) throw new UserError(`${name}: expected ${expectation}, got ${recipe[name]}`)
}
