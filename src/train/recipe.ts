// The recipe of a training run: its options with the defaults filled in, and the checks that need the network or several options.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { checkJson, expecting } from '../json.ts'
import { backboneOf } from '../model/backbones/index.ts'
import { checkCanHaveAuxiliaryHead } from '../model/classifier.ts'
import { checkOutputStride, type DeepLabConfig } from '../model/config.ts'
import { checkOptionNames } from '../options.ts'
import {
  RECIPE_NAMES,
  RECIPE_OPTIONS,
  RECIPE_TYPES,
  RECIPES,
  type Recipe,
  type RecipeOption,
} from './recipe_options.ts'

/** @internal A factor for each class. `classBalance` replaces `balanced` by such factors. */
export const CLASS_WEIGHTS = expecting(
  'a number from 0 up for each class',
  v.array(v.pipe(v.number(), v.minValue(0))),
)

/** With fewer images than this, batch norm has poor statistics: the paper asks for large batches (section 4.1). */
const FEW_IMAGES = 8

/** Fills in the defaults. Throws a UserError that names the first option whose value makes no sense. */
export function recipeFor(config: DeepLabConfig, options: Partial<Recipe>): Recipe {
  checkOptionNames(options, RECIPE_OPTIONS)
  checkJson(RECIPE_TYPES, options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const values = RECIPES[options.recipe ?? 'paper']
  const microBatchSize = options.batchSize ?? values.batchSize
  const { weightDecay } = backboneOf(config)
  const recipe: Recipe = { weightDecay, microBatchSize, ...values, ...given }
  for (const name of RECIPE_NAMES) checkValue(recipe, name)
  if (recipe.auxiliaryLoss > 0) checkCanHaveAuxiliaryHead(config, 'auxiliaryLoss')
  const divides = recipe.batchSize % recipe.microBatchSize === 0
  check(recipe, 'microBatchSize', `a divisor of the batch size ${recipe.batchSize}`, divides)
  checkOutputStride(config, recipe.outputStride)
  return recipe
}

function checkValue<Name extends keyof Recipe>(recipe: Recipe, name: Name): void {
  const { rule }: RecipeOption<Recipe[Name]> = RECIPE_OPTIONS[name] as never
  if (rule && recipe[name] !== undefined) check(recipe, name, rule.expected, rule.holds(recipe[name]))
}

/** Warnings about values that are allowed but seldom wise. `parameters`: those with which a run starts. */
export function recipeWarnings(recipe: Recipe, parameters?: ReadonlyMap<string, Float32Array>): string[] {
  const { warmUpSteps, steps } = recipe
  const rising =
    warmUpSteps < steps
      ? []
      : [`all ${steps} steps are of the warm-up of ${warmUpSteps}: the learning rate never falls`]
  return [...rising, ...batchNormWarnings(recipe, parameters)]
}

function batchNormWarnings(
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

function check(recipe: Recipe, name: keyof Recipe, expectation: string, holds: boolean): void {
  if (!holds) throw new UserError(`${name}: expected ${expectation}, got ${recipe[name]}`)
}
