// The options of a training run, each declared once: every choice that affects the result, the values that make sense, and its value in
// each recipe. The checks of the library and of checkpoints come from this table, and the defaults in the command's help.

import * as v from 'valibot'
import { expecting } from '../json.ts'
import { MAX_NETWORK_SIZE } from '../model/preprocessing.ts'
import { type ColourJitter, isColourJitter } from './jitter_amounts.ts'
import type { TrainingOptions } from './training_options.ts'

/** The options of a step that have defaults there, and values here. */
type Filled = 'microBatchSize' | 'optimizer' | 'backboneLearningRate' | 'averageDecay'

export interface Recipe
  extends Omit<TrainingOptions, 'classWeights' | Filled>,
    Required<Pick<TrainingOptions, Filled>> {
  /** The set of values that options have by default: the paper's, or those for small data. It is kept for the record. */
  recipe: 'paper' | 'small-data'
  /** The number of updates of the weights. The learning rate falls to 0 over them. */
  steps: number
  /** The largest learning rate: that of the first step, or after a warm-up. See `learningRateOf`. */
  learningRate: number
  /** How the learning rate falls: as a power, `polyLearningRate`, or as a cosine, `cosineLearningRate`. */
  schedule: 'poly' | 'cosine'
  /** The number of steps at the beginning in which the learning rate rises. */
  warmUpSteps: number
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
  /** The weight of the loss of unlabelled photos beside 1 of the labelled ones', for a run that has such. Default: 1, as in FixMatch. */
  unlabelledWeight: number
  /** The least probability of a class that becomes the label of an unlabelled pixel. Default: 0.95, as in UniMatch. */
  confidence: number
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

/** Options whose default is a network's, a GPU's, or another option. */
type WithoutDefault = 'weightDecay' | 'microBatchSize' | 'size' | 'activationBudget'

/** @internal */
export interface RecipeOption<Value> {
  /** Its type, with limits far beyond any useful recipe. NaN passes, because the message of the rule says more. */
  type: v.GenericSchema<Value>
  /** The values that make sense. Absent where all of the type do, or where that depends on the network. */
  rule?: { expected: string; holds(value: Value): boolean }
  /** The values of an option that takes one of some texts. */
  texts?: readonly Value[]
  /** In the paper's recipe; in the one for small data where it differs. */
  paper?: Value
  smallData?: Value
}

type RecipeOptionTable = {
  [Name in keyof Recipe]-?: RecipeOption<Exclude<Recipe[Name], undefined>> &
    (Name extends WithoutDefault ? object : { paper: Recipe[Name] })
}

const numberType = (most = Number.MAX_VALUE) =>
  expecting(
    most === Number.MAX_VALUE ? 'a number' : `a number up to ${most}`,
    v.custom<number>(value => typeof value === 'number' && !(value > most)),
  )

const numberThat = (expected: string, holds: (value: number) => boolean, most?: number) => ({
  type: numberType(most),
  rule: { expected, holds },
})

const wholeAbove0 = (most: number) =>
  numberThat('a whole number above 0', value => Number.isInteger(value) && value > 0, most)
const above0 = numberThat('a number above 0', value => value > 0 && value < Infinity)
const wholeFrom0 = numberThat('a whole number from 0 up', value => Number.isInteger(value) && value >= 0, 1e9)
const from0To1 = numberThat('a number from 0 to 1', value => value >= 0 && value <= 1)
const share = numberThat('a share from 0 to below 1', value => value >= 0 && value < 1)
const examples = numberThat('a share from 0 to 1', value => value >= 0 && value <= 1)
const shareAbove0 = numberThat('a share above 0, up to 1', value => value > 0 && value <= 1)
const weight = numberThat('a weight from 0 up', value => value >= 0 && value < Infinity)
const from0 = numberThat('a number from 0 up', value => value >= 0 && value < Infinity)
const flag = { type: expecting('true, false', v.boolean()) }
const oneOfTexts = <const Texts extends readonly string[]>(...texts: Texts) => ({
  type: expecting(texts.join(' or '), v.picklist(texts)),
  texts,
})

const classWeights = {
  type: v.nullable(
    expecting(
      'balanced, or a number for each class',
      v.union([v.literal('balanced'), v.array(numberType())]),
    ),
  ),
  rule: {
    expected: 'balanced, or numbers from 0 up that are not all 0',
    holds: (weights: readonly number[] | 'balanced' | null) =>
      !Array.isArray(weights) ||
      (weights.every(weight => weight >= 0 && weight < Infinity) && weights.some(Boolean)),
  },
}

const scales = {
  type: expecting('two numbers', v.strictTuple([numberType(), numberType()])),
  rule: {
    expected: 'two factors above 0, the smaller first',
    holds: ([smallest, largest]: readonly [number, number]) => smallest > 0 && largest >= smallest,
  },
}

const colourJitter = {
  type: expecting(
    'a strength, or four numbers',
    v.union([numberType(), v.strictTuple([numberType(), numberType(), numberType(), numberType()])]),
  ),
  rule: {
    expected: 'a strength from 0 to 1, or four from 0 up, that of the hue at most 0.5',
    holds: isColourJitter,
  },
}

const seed = numberThat(
  'a whole number of up to 32 bits',
  value => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
)

/**
 * @internal The values of options that are not given. `paper`: the first stage of training in sections 4 and A of DeepLabv3. The second stage
 * freezes batch norm, and has output stride 8 and a learning rate of 0.001. `smallData`: where it differs from the paper, for a few dozen
 * or hundred photos and a small GPU.
 */
export const RECIPE_OPTIONS = {
  recipe: { ...oneOfTexts('paper', 'small-data'), paper: 'paper', smallData: 'small-data' },
  steps: { ...wholeAbove0(1e9), paper: 30_000, smallData: 2000 },
  batchSize: { ...wholeAbove0(4096), paper: 16, smallData: 4 },
  microBatchSize: wholeAbove0(4096),
  cropSize: { ...wholeAbove0(MAX_NETWORK_SIZE), paper: 513, smallData: 257 },
  size: wholeAbove0(MAX_NETWORK_SIZE),
  optimizer: { ...oneOfTexts('sgd', 'adamw'), paper: 'sgd', smallData: 'adamw' },
  learningRate: { ...above0, paper: 0.007, smallData: 0.0005 },
  headLearningRate: { ...above0, paper: 1, smallData: 10 },
  backboneLearningRate: { ...from0, paper: 1 },
  schedule: { ...oneOfTexts('poly', 'cosine'), paper: 'poly', smallData: 'cosine' },
  warmUpSteps: { ...wholeFrom0, paper: 0, smallData: 50 },
  averageDecay: { ...share, paper: 0 },
  outputStride: { type: numberType(), paper: 16 },
  freezeBatchNorm: { ...flag, paper: false, smallData: true },
  batchNormDecay: { ...from0To1, paper: 0.9997 },
  momentum: { ...from0To1, paper: 0.9 },
  weightDecay: { ...from0To1, smallData: 0.01 },
  decayBatchNorm: { ...flag, paper: true, smallData: false },
  dropout: { ...share, paper: 0 },
  auxiliaryLoss: { ...weight, paper: 0 },
  labelSmoothing: { ...share, paper: 0 },
  hardPixels: { ...shareAbove0, paper: 1 },
  diceLoss: { ...weight, paper: 0, smallData: 0.5 },
  lovaszLoss: { ...weight, paper: 0 },
  activationBudget: numberThat('a number of MiB above 0', value => value > 0),
  scales: { ...scales, paper: [0.5, 2] },
  flip: { ...flag, paper: true },
  rotation: { ...numberThat('degrees from 0 to 180', value => value >= 0 && value <= 180), paper: 0 },
  colourJitter: { ...colourJitter, paper: 0 },
  grey: { ...examples, paper: 0 },
  blur: { ...examples, paper: 0 },
  unlabelledWeight: { ...weight, paper: 1 },
  confidence: { ...from0To1, paper: 0.95 },
  classWeights: { ...classWeights, paper: null },
  hardClasses: { type: expecting('a list of names', v.array(v.string())), paper: [] },
  badImages: { ...oneOfTexts('stop', 'skip'), paper: 'stop' },
  seed: { ...seed, paper: 0 },
} satisfies RecipeOptionTable

/** @internal */
export const RECIPE_NAMES = Object.keys(RECIPE_OPTIONS) as (keyof Recipe)[]

const entries = Object.entries(RECIPE_OPTIONS)

/** @internal A recipe in which any field may be left to its default. */
export const RECIPE_TYPES = v.partial(
  v.strictObject(
    Object.fromEntries(entries.map(([name, { type }]) => [name, type])) as {
      [Name in keyof typeof RECIPE_OPTIONS]: (typeof RECIPE_OPTIONS)[Name]['type']
    },
  ),
)

type RecipeValues = Omit<Recipe, WithoutDefault> & Partial<Pick<Recipe, WithoutDefault>>

const valuesIn = (set: 'paper' | 'smallData') =>
  Object.fromEntries(
    entries.flatMap(([name, option]) => (set in option ? [[name, option[set as keyof typeof option]]] : [])),
  )

/** @internal The values of the options that are not given, by the name of the recipe. */
export const RECIPES: Record<Recipe['recipe'], RecipeValues> = {
  paper: valuesIn('paper') as unknown as RecipeValues,
  'small-data': { ...valuesIn('paper'), ...valuesIn('smallData') } as unknown as RecipeValues,
}
