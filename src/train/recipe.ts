// The recipe of a training run: every choice that affects the result. The defaults are the paper's.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { checkJson, expecting } from '../json.ts'
import { backboneOf } from '../model/backbones/index.ts'
import { checkCanHaveAuxiliaryHead } from '../model/classifier.ts'
import { checkOutputStride, type DeepLabConfig } from '../model/config.ts'
import { MAX_NETWORK_SIZE } from '../model/preprocessing.ts'
import { checkOptionNames, type DeclaredOptions, namesOf } from '../options.ts'
import { type ColourJitter, isColourJitter } from './distortion.ts'
import type { TrainingOptions } from './training_options.ts'

export interface Recipe extends Omit<TrainingOptions, 'classWeights'> {
  microBatchSize: number
  /** The number of updates of the weights. The learning rate falls to 0 over them. */
  steps: number
  /** The learning rate of the first step; see `polyLearningRate`. */
  learningRate: number
  /** The length in pixels of a photo's edge as the network sees it, in training and afterwards. Default: the model's. */
  size?: number
  /** The bounds of a random factor on that size. */
  scales: readonly [smallest: number, largest: number]
  /** Whether each example is mirrored with a probability of one half. */
  flip: boolean
  /** The largest angle in degrees, up to 180, by which examples are rotated to either side. Default: 0. */
  rotation: number
  /** How far brightness, contrast, saturation and hue of examples change at random. Default: 0. */
  colourJitter: ColourJitter
  /** The share of the examples that turn grey. Default: 0. */
  grey: number
  /** The share of the examples that are blurred, by 0.1 to 2 pixels. Default: 0. */
  blur: number
  /**
   * A factor for each class on its pixels' loss, or `balanced`: the `medianFrequencyWeights` of the dataset. Null, as in the
   * paper: all classes count alike.
   */
  classWeights: readonly number[] | 'balanced' | null
  /**
   * The names of classes whose images are drawn twice in an epoch: bootstrapping (section 4 of DeepLabv3). For its best model
   * the paper does so with HARD_CLASSES. Default: none.
   */
  hardClasses: readonly string[]
  /**
   * The behaviour at an image that cannot be read or whose labels are not classes. `stop`: the run ends with a BadImageError,
   * and the model keeps what it learned. `skip`: the next image in the order of the run takes its place, with a warning. It
   * may change when a run is resumed. Default: stop.
   */
  badImages: 'stop' | 'skip'
  /** A whole number of up to 32 bits. It decides the order of the images, their crops, dropout and a new classifier. */
  seed: number
}

/** NaN passes, because the message of `recipeFor` says more. */
const number = (most = Number.MAX_VALUE) =>
  expecting(
    most === Number.MAX_VALUE ? 'a number' : `a number up to ${most}`,
    v.custom<number>(value => typeof value === 'number' && !(value > most)),
  )
const flag = expecting('true, false', v.boolean())
const names = expecting('a list of names', v.array(v.string()))

/** @internal A factor for each class. `classBalance` replaces `balanced` by such factors. */
export const CLASS_WEIGHTS = expecting(
  'a number from 0 up for each class',
  v.array(v.pipe(v.number(), v.minValue(0))),
)

/** The types of the fields, with limits far beyond any useful recipe. `recipeFor` checks the meaning of the values. */
const FIELDS = {
  steps: number(1e9),
  batchSize: number(4096),
  microBatchSize: number(4096),
  cropSize: number(MAX_NETWORK_SIZE),
  size: number(MAX_NETWORK_SIZE),
  learningRate: number(),
  headLearningRate: number(),
  outputStride: number(),
  freezeBatchNorm: flag,
  batchNormDecay: number(),
  momentum: number(),
  weightDecay: number(),
  decayBatchNorm: flag,
  dropout: number(),
  auxiliaryLoss: number(),
  activationBudget: number(),
  scales: expecting('two numbers', v.strictTuple([number(), number()])),
  flip: flag,
  rotation: number(),
  colourJitter: expecting(
    'a strength, or four numbers',
    v.union([number(), v.strictTuple([number(), number(), number(), number()])]),
  ),
  grey: number(),
  blur: number(),
  classWeights: v.nullable(
    expecting('balanced, or a number for each class', v.union([v.literal('balanced'), v.array(number())])),
  ),
  hardClasses: names,
  badImages: expecting('stop or skip', v.picklist(['stop', 'skip'])),
  seed: number(),
} satisfies Record<keyof Recipe, v.GenericSchema>

/** @internal A recipe in which any field may be left to its default. */
export const RECIPE_TYPES = v.partial(v.strictObject(FIELDS))

/**
 * The first stage of training in sections 4 and A of DeepLabv3. The second stage freezes batch norm, and has output stride 8
 * and a learning rate of 0.001.
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
  decayBatchNorm: true,
  headLearningRate: 1,
  dropout: 0,
  auxiliaryLoss: 0,
  scales: [0.5, 2],
  flip: true,
  rotation: 0,
  colourJitter: 0,
  grey: 0,
  blur: 0,
  classWeights: null,
  hardClasses: [],
  badImages: 'stop',
  seed: 0,
}

const RECIPE_OPTIONS: DeclaredOptions<Recipe> = {
  ...namesOf(PAPER),
  weightDecay: true,
  microBatchSize: true,
  size: true,
  activationBudget: true,
}

/** With fewer images than this, batch norm has poor statistics: the paper asks for large batches (section 4.1). */
const FEW_IMAGES = 8

/** Fills in the defaults. Throws a UserError that names the first option whose value makes no sense. */
export function recipeFor(config: DeepLabConfig, options: Partial<Recipe>): Recipe {
  checkOptionNames(options, RECIPE_OPTIONS)
  checkJson(RECIPE_TYPES, options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const microBatchSize = options.batchSize ?? PAPER.batchSize
  const recipe: Recipe = { ...PAPER, weightDecay: backboneOf(config).weightDecay, microBatchSize, ...given }
  for (const name of ['steps', 'batchSize', 'microBatchSize', 'cropSize'] as const)
    check(recipe, name, 'a whole number above 0', Number.isInteger(recipe[name]) && recipe[name] > 0)
  for (const name of ['learningRate', 'headLearningRate'] as const)
    check(recipe, name, 'a number above 0', recipe[name] > 0 && recipe[name] < Infinity)
  for (const name of ['momentum', 'weightDecay', 'batchNormDecay'] as const)
    check(recipe, name, 'a number from 0 to 1', recipe[name] >= 0 && recipe[name] <= 1)
  check(recipe, 'dropout', 'a share from 0 to below 1', recipe.dropout >= 0 && recipe.dropout < 1)
  const { auxiliaryLoss } = recipe
  check(recipe, 'auxiliaryLoss', 'a weight from 0 up', auxiliaryLoss >= 0 && auxiliaryLoss < Infinity)
  if (auxiliaryLoss > 0) checkCanHaveAuxiliaryHead(config, 'auxiliaryLoss')
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
  checkDistortions(recipe)
  const isSeed = Number.isInteger(recipe.seed) && recipe.seed >= 0 && recipe.seed < 2 ** 32
  check(recipe, 'seed', 'a whole number of up to 32 bits', isSeed)
  const { classWeights } = recipe
  const isWeights = classWeights === null || classWeights === 'balanced' || isWeightList(classWeights)
  check(recipe, 'classWeights', 'balanced, or numbers from 0 up that are not all 0', isWeights)
  checkOutputStride(config, recipe.outputStride)
  return recipe
}

function checkDistortions(recipe: Recipe): void {
  const { rotation, colourJitter } = recipe
  check(recipe, 'rotation', 'degrees from 0 to 180', rotation >= 0 && rotation <= 180)
  const strengths = 'a strength from 0 to 1, or four from 0 up, that of the hue at most 0.5'
  check(recipe, 'colourJitter', strengths, isColourJitter(colourJitter))
  for (const name of ['grey', 'blur'] as const)
    check(recipe, name, 'a share from 0 to 1', recipe[name] >= 0 && recipe[name] <= 1)
}

/** Warnings about values that are allowed but seldom wise. `parameters`: those with which a run starts. */
export function recipeWarnings(
  { microBatchSize, freezeBatchNorm, learningRate }: Recipe,
  parameters?: ReadonlyMap<string, Float32Array>,
): string[] {
  if (freezeBatchNorm && parameters && isFolded(parameters))
    return [
      'all statistics of batch norm are 0 and 1: they are folded into the weights. Frozen, it bounds no activation: ' +
        `train with a smaller learning rate than ${learningRate} if the loss grows`,
    ]
  if (freezeBatchNorm || microBatchSize >= FEW_IMAGES) return []
  return [
    `batch norm trains on ${microBatchSize} image${microBatchSize === 1 ? '' : 's'} at a time, and its statistics are poor below ${FEW_IMAGES}: ` +
      'freeze it, or take larger batches of smaller crops',
  ]
}

/** A variance of 1 − ε makes the identity, too. The largest ε of a backbone is 0.001. */
const NEARLY_1 = 0.002

/** Whether batch norms have shifts, as in a trained network, and no statistics. */
function isFolded(parameters: ReadonlyMap<string, Float32Array>): boolean {
  const norms = [...parameters.keys()].flatMap(name => /^(.*)\.running_var$/.exec(name)?.[1] ?? [])
  const every = (suffix: string, holds: (value: number) => boolean) =>
    norms.every(norm => parameters.get(`${norm}.${suffix}`)!.every(holds))
  const isIdentity = every('running_var', value => Math.abs(value - 1) < NEARLY_1)
  return isIdentity && every('running_mean', value => value === 0) && !every('bias', value => value === 0)
}

const isWeightList = (weights: unknown) =>
  Array.isArray(weights) && weights.every(weight => weight >= 0 && weight < Infinity) && weights.some(Boolean)

function check(recipe: Recipe, name: keyof Recipe, expectation: string, holds: boolean): void {
  if (!holds) throw new UserError(`${name}: expected ${expectation}, got ${recipe[name]}`)
}
