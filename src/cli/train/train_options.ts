// The options of `atrous train` that make up its recipe.

import type { Command } from 'commander'
import { UserError } from '../../errors.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { findWeights } from '../../node/weights.ts'
import type { Recipe } from '../../train/recipe.ts'
import { HARD_CLASSES } from '../../train/sampler.ts'
import { backboneWeights } from '../../weights/backbone_weights.ts'
import type { RegistryEntry } from '../../weights/registry.ts'
import { withDownloads } from '../model.ts'
import {
  classWeights,
  colourJitter,
  nameList,
  number,
  positiveInteger,
  scaleRange,
  share,
  wholeNumber,
} from '../options.ts'

/** As commander names them; absent if the user does not give them. */
export type RecipeOptions = Partial<Omit<Recipe, 'scales' | 'hardClasses'>> & {
  randomScale?: [number, number]
  bootstrap?: true | string[]
  skipBad?: true
}

/** Adds the options to a command. They have no defaults here, so that they do not override a checkpoint's recipe. */
export function addRecipeOptions(command: Command): Command {
  return command
    .option('--steps <n>', 'number of updates of the weights (default: 30000)', positiveInteger)
    .option('--batch-size <n>', 'images per step (default: 16)', positiveInteger)
    .option(
      '--micro-batch-size <n>',
      'images on the GPU at the same time; fewer save memory (default: all)',
      positiveInteger,
    )
    .option(
      '--size <pixels>',
      "longest edge to which photos are scaled, during training and later (default: the model's)",
      positiveInteger,
    )
    .option('--random-scale <min,max>', 'random factors on that size (default: 0.5,2)', scaleRange)
    .option('--crop-size <pixels>', 'edge of the square cut from each image (default: 513)', positiveInteger)
    .option(
      '--learning-rate <x>',
      'learning rate of the first step; it decreases to 0 (default: 0.007)',
      number,
    )
    .option(
      '--head-learning-rate <x>',
      'factor on the learning rate of the classifier and an auxiliary head (default: 1)',
      number,
    )
    .option('--output-stride <n>', '8, 16 or 32: 8 is finer and slower (default: 16)', positiveInteger)
    .option('--freeze-batch-norm', "keep batch norm's statistics; for small batches")
    .option('--batch-norm-decay <x>', "decay of batch norm's running statistics (default: 0.9997)", number)
    .option('--momentum <x>', 'momentum of SGD (default: 0.9)', number)
    .option('--weight-decay <x>', 'decay of the weights (default: 0.0001, for MobileNetV2 0.00004)', number)
    .option('--no-decay-batch-norm', 'apply no weight decay to the scale and shift of batch norms')
    .option('--no-flip', 'do not mirror images at random')
    .option('--rotation <degrees>', 'rotate images at random, by up to so many degrees (default: 0)', number)
    .option(
      '--colour-jitter <strength>',
      "change colours at random: 0 to 1, or torchvision's brightness, contrast, saturation and hue: 0.5,0.5,0.5,0.25 (default: 0)",
      colourJitter,
    )
    .option('--grey <share>', 'share of the images that turn grey (default: 0)', share)
    .option('--blur <share>', 'share of the images that are blurred (default: 0)', share)
    .option('--auxiliary-loss <weight>', "weight of a ResNet's auxiliary loss (default: 0, none)", number)
    .option('--dropout <share>', 'share of the features before the classifier (default: 0)', number)
    .option('--class-weights <list>', "balanced, or a factor on each class's loss: 1,2,0.5", classWeights)
    .option('--bootstrap [classes]', "draw these classes' images twice (default: VOC's hard ones)", nameList)
    .option(
      '--activation-budget <MiB>',
      "memory for a step's activations; others are computed twice (default: the GPU's largest buffer)",
      number,
    )
    .option('--seed <n>', 'seed of order, crops and new weights (default: 0)', wholeNumber)
}

/** The part of the recipe that the user gives; the other fields are undefined. */
export function recipeOf(options: RecipeOptions): Partial<Recipe> {
  const { steps, batchSize, size, cropSize, learningRate, headLearningRate, outputStride, seed } = options
  const { freezeBatchNorm, batchNormDecay, momentum, weightDecay, randomScale: scales } = options
  const { microBatchSize, activationBudget, auxiliaryLoss, dropout, classWeights, bootstrap } = options
  const { rotation, colourJitter, grey, blur } = options
  const badImages = options.skipBad ? 'skip' : undefined
  const hardClasses = bootstrap === true ? HARD_CLASSES : bootstrap
  // Commander sets an option that begins with `no-` to true by default.
  const flip = options.flip ? undefined : options.flip
  const decayBatchNorm = options.decayBatchNorm ? undefined : options.decayBatchNorm
  const sizes = { steps, batchSize, microBatchSize, size, cropSize, outputStride, scales, flip, seed }
  const distortions = { rotation, colourJitter, grey, blur }
  const rates = { learningRate, headLearningRate, batchNormDecay, momentum, weightDecay, decayBatchNorm }
  const losses = { auxiliaryLoss, dropout, classWeights, hardClasses }
  return { ...sizes, ...distortions, ...rates, ...losses, freezeBatchNorm, activationBudget, badImages }
}

/**
 * Throws a UserError if the user asks for another recipe than the checkpoint's. Only options that change no results may differ:
 * the activation budget, and the treatment of bad images.
 */
export function checkSameRecipe(
  { activationBudget: _, badImages: __, ...asked }: Partial<Recipe>,
  made: Recipe,
): void {
  for (const [name, value] of Object.entries(asked)) {
    const before = made[name as keyof Recipe]
    if (value !== undefined && String(value) !== String(before))
      throw new UserError(
        `--resume: ${name} is ${text(before)} in the checkpoint, not ${text(value)}; it cannot change during a run`,
      )
  }
}

const text = (value: unknown) => String(value ?? '') || 'none'

/** torchvision's first weights (IMAGENET1K_V1). Their names end in the first digits of the SHA-256. */
const imagenet = (name: string, digits: string, megabytes: number): RegistryEntry => ({
  name,
  description: `torchvision's ${name}, trained on ImageNet`,
  classes: 1000,
  megabytes,
  licence: 'BSD-3-Clause',
  source: 'https://pytorch.org/vision/stable/models.html',
  files: [
    {
      name: `${name}-${digits}.pth`,
      url: `https://download.pytorch.org/models/${name}-${digits}.pth`,
      bytes: null,
      sha256: digits,
    },
  ],
})

const IMAGENET: RegistryEntry[] = [
  imagenet('resnet18', 'f37072fd', 45),
  imagenet('resnet34', 'b627a593', 83),
  imagenet('resnet50', '0676ba61', 98),
  imagenet('resnet101', '63fe2227', 171),
]

export const BACKBONE_NAMES = IMAGENET.map(({ name }) => name)

/** Gives an untrained network the weights of a backbone by its name, its file, its URL or `hf:OWNER/NAME`. */
export async function setBackboneWeights(model: DeepLab, weights: string): Promise<void> {
  const load = (options: object) => findWeights(weights, { ...options, registry: IMAGENET })
  const { stateDict, source } = await withDownloads(weights, load)
  const backbone = backboneWeights(model.config, stateDict, source)
  await model.setParameters(new Map([...model.state.parameters, ...backbone]))
}
