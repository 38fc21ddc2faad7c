// The options of `atrous train` that make up its recipe.

import type { Command } from 'commander'
import { UserError } from '../../errors.ts'
import type { Recipe } from '../../train/recipe.ts'
import { HARD_CLASSES } from '../../train/sampler.ts'
import { classWeights, nameList, number, positiveInteger, scaleRange, wholeNumber } from '../options.ts'

/** As commander names them; absent where the user does not say. */
export type RecipeOptions = Partial<Omit<Recipe, 'scales' | 'hardClasses'>> & {
  randomScale?: [number, number]
  bootstrap?: true | string[]
  skipBad?: true
}

/** Adds them to a command. Their defaults are left to the recipe, so that what a checkpoint says is not overruled. */
export function addRecipeOptions(command: Command): Command {
  return command
    .option('--steps <n>', 'updates of the weights in all (default: 30000)', positiveInteger)
    .option('--batch-size <n>', 'images a step (default: 16)', positiveInteger)
    .option(
      '--micro-batch-size <n>',
      'of them on the GPU at a time, to save memory (default: all)',
      positiveInteger,
    )
    .option(
      '--size <pixels>',
      "length of a photo's edge as the network sees it, then and later (default: the model's)",
      positiveInteger,
    )
    .option('--random-scale <min,max>', 'factors on that length (default: 0.5,2)', scaleRange)
    .option('--crop-size <pixels>', 'edge of the square cut from each image (default: 513)', positiveInteger)
    .option('--learning-rate <x>', 'of the first step; it falls to 0 (default: 0.007)', number)
    .option(
      '--head-learning-rate <x>',
      "factor on the classifier's, and on an auxiliary head's (default: 1)",
      number,
    )
    .option('--output-stride <n>', '8 or 16: 8 is finer and slower (default: 16)', positiveInteger)
    .option('--freeze-batch-norm', 'keep its statistics: for small batches')
    .option('--batch-norm-decay <x>', 'of its running statistics (default: 0.9997)', number)
    .option('--momentum <x>', '(default: 0.9)', number)
    .option('--weight-decay <x>', '(default: 0.0001, for MobileNetV2 0.00004)', number)
    .option('--no-decay-batch-norm', 'keep weight decay from the scale and shift of batch norms')
    .option('--no-flip', 'do not mirror images at random')
    .option('--auxiliary-loss <weight>', "of a ResNet's auxiliary head (default: 0, none)", number)
    .option('--dropout <share>', 'of features before the classifier (default: 0)', number)
    .option('--class-weights <list>', "balanced, or a factor on each class's loss: 1,2,0.5", classWeights)
    .option('--bootstrap [classes]', "draw these classes' images twice (default: VOC's hard ones)", nameList)
    .option(
      '--activation-budget <MiB>',
      "for a step's activations; the rest is computed twice (default: the GPU's largest buffer)",
      number,
    )
    .option('--seed <n>', 'of order, crops and new weights (default: 0)', wholeNumber)
}

/** What the user says of the recipe; fields that are left out are undefined. */
export function recipeOf(options: RecipeOptions): Partial<Recipe> {
  const { steps, batchSize, size, cropSize, learningRate, headLearningRate, outputStride, seed } = options
  const { freezeBatchNorm, batchNormDecay, momentum, weightDecay, randomScale: scales } = options
  const { microBatchSize, activationBudget, auxiliaryLoss, dropout, classWeights, bootstrap } = options
  const badImages = options.skipBad ? 'skip' : undefined
  const hardClasses = bootstrap === true ? HARD_CLASSES : bootstrap
  // Commander gives an option that begins with `no-` the value true by itself.
  const flip = options.flip ? undefined : options.flip
  const decayBatchNorm = options.decayBatchNorm ? undefined : options.decayBatchNorm
  const sizes = { steps, batchSize, microBatchSize, size, cropSize, outputStride, scales, flip, seed }
  const rates = { learningRate, headLearningRate, batchNormDecay, momentum, weightDecay, decayBatchNorm }
  const losses = { auxiliaryLoss, dropout, classWeights, hardClasses }
  return { ...sizes, ...rates, ...losses, freezeBatchNorm, activationBudget, badImages }
}

/**
 * Throws a UserError where the user asks for another recipe than the one that a checkpoint was made by. Only what changes no
 * result may differ: the activation budget, and what bad images do.
 */
export function checkSameRecipe(
  { activationBudget: _, badImages: __, ...asked }: Partial<Recipe>,
  made: Recipe,
): void {
  for (const [name, value] of Object.entries(asked)) {
    const before = made[name as keyof Recipe]
    if (value !== undefined && String(value) !== String(before))
      throw new UserError(
        `--resume: ${name} is ${text(before)} in the checkpoint, not ${text(value)}; it cannot change midway`,
      )
  }
}

const text = (value: unknown) => String(value ?? '') || 'none'
