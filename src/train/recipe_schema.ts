// The types of a recipe's fields, with limits far beyond any useful recipe. `recipeFor` checks the meaning of the values.

import * as v from 'valibot'
import { expecting } from '../json.ts'
import { MAX_NETWORK_SIZE } from '../model/preprocessing.ts'
import type { Recipe } from './recipe.ts'

/** NaN passes, because the message of `recipeFor` says more. */
const number = (most = Number.MAX_VALUE) =>
  expecting(
    most === Number.MAX_VALUE ? 'a number' : `a number up to ${most}`,
    v.custom<number>(value => typeof value === 'number' && !(value > most)),
  )
const flag = expecting('true, false', v.boolean())
const names = expecting('a list of names', v.array(v.string()))

/** A factor for each class. `classBalance` replaces `balanced` by such factors. */
export const CLASS_WEIGHTS = expecting(
  'a number from 0 up for each class',
  v.array(v.pipe(v.number(), v.minValue(0))),
)

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
  classWeights: v.nullable(
    expecting('balanced, or a number for each class', v.union([v.literal('balanced'), v.array(number())])),
  ),
  hardClasses: names,
  badImages: expecting('stop or skip', v.picklist(['stop', 'skip'])),
  seed: number(),
} satisfies Record<keyof Recipe, v.GenericSchema>

/** A recipe in which any field may be left to its default. */
export const RECIPE_TYPES = v.partial(v.strictObject(FIELDS))
