// The options of `atrous train` that make up its recipe.

import { type Command, Option } from 'commander'
import { UserError } from '../../errors.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { findWeights } from '../../node/weights.ts'
import { HARD_CLASSES } from '../../train/hard_classes.ts'
import { RECIPE_OPTIONS, type Recipe, type RecipeOption } from '../../train/recipe_options.ts'
import { withBackbone } from '../../weights/backbone_weights.ts'
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

/** As commander names them; absent if the user does not give them. Those that only `recipeOf` reads are not listed. */
export interface RecipeOptions extends Pick<Partial<Recipe>, 'seed' | 'outputStride'> {
  skipBad?: true
}

/** How an option is written in the command, and what help says of it. */
interface RecipeFlag {
  flag: string
  about: string
  /** Reads its value. An option that takes one of some texts needs none. */
  read?: (text: string) => unknown
  /** Its default in words. Otherwise help shows the paper's value of an option that has one. */
  byDefault?: string
  /** Its value where it is given without one. */
  preset?: unknown
}

/** Bad images have `--skip-bad`, which stands with the options of the run. */
const FLAGS: Record<Exclude<keyof Recipe, 'badImages'>, RecipeFlag> = {
  recipe: {
    flag: '--recipe <name>',
    about:
      'the defaults of the options below: those of the paper, or those for a few dozen or hundred photos',
    byDefault: 'paper',
  },
  steps: { flag: '--steps <n>', about: 'number of updates of the weights', read: positiveInteger },
  batchSize: { flag: '--batch-size <n>', about: 'images per step', read: positiveInteger },
  microBatchSize: {
    flag: '--micro-batch-size <n>',
    about: 'images on the GPU at the same time; fewer save memory',
    read: positiveInteger,
    byDefault: 'all',
  },
  size: {
    flag: '--size <pixels>',
    about: 'longest edge to which photos are scaled, during training and later',
    read: positiveInteger,
    byDefault: "the model's",
  },
  scales: { flag: '--random-scale <min,max>', about: 'random factors on that size', read: scaleRange },
  cropSize: {
    flag: '--crop-size <pixels>',
    about: 'edge of the square cut from each image',
    read: positiveInteger,
  },
  optimizer: {
    flag: '--optimizer <name>',
    about: 'SGD with momentum, or AdamW, whose rates are smaller',
  },
  learningRate: {
    flag: '--learning-rate <x>',
    about: 'learning rate of the first step; it decreases to 0',
    read: number,
  },
  schedule: {
    flag: '--schedule <name>',
    about: 'how the learning rate decreases: to the power of 0.9, or as a cosine',
  },
  warmUpSteps: {
    flag: '--warm-up-steps <n>',
    about: 'steps over which the learning rate first rises from near 0',
    read: wholeNumber,
  },
  headLearningRate: {
    flag: '--head-learning-rate <x>',
    about: 'factor on the learning rate of the classifier and an auxiliary head',
    read: number,
  },
  backboneLearningRate: {
    flag: '--backbone-learning-rate <x>',
    about: 'factor on the learning rate of the layers before the head; 0 trains the head alone',
    read: number,
  },
  averageDecay: {
    flag: '--average-decay <x>',
    about: 'decay of a moving average of the weights, which is validated and saved, such as 0.999',
    read: number,
    byDefault: '0, none',
  },
  outputStride: {
    flag: '--output-stride <n>',
    about: '8, 16 or 32: 8 is finer and slower',
    read: positiveInteger,
  },
  freezeBatchNorm: { flag: '--freeze-batch-norm', about: "keep batch norm's statistics; for small batches" },
  batchNormDecay: {
    flag: '--batch-norm-decay <x>',
    about: "decay of batch norm's running statistics",
    read: number,
  },
  momentum: { flag: '--momentum <x>', about: "momentum of SGD, or AdamW's first beta", read: number },
  weightDecay: {
    flag: '--weight-decay <x>',
    about: 'decay of the weights',
    read: number,
    byDefault: '0.0001, for MobileNetV2 0.00004',
  },
  decayBatchNorm: {
    flag: '--no-decay-batch-norm',
    about: 'apply no weight decay to the scale and shift of batch norms',
  },
  flip: { flag: '--no-flip', about: 'do not mirror images at random' },
  rotation: {
    flag: '--rotation <degrees>',
    about: 'rotate images at random, by up to so many degrees',
    read: number,
  },
  colourJitter: {
    flag: '--colour-jitter <strength>',
    about:
      "change colours at random: 0 to 1, or torchvision's brightness, contrast, saturation and hue: 0.5,0.5,0.5,0.25",
    read: colourJitter,
  },
  grey: { flag: '--grey <share>', about: 'share of the images that turn grey', read: share },
  blur: { flag: '--blur <share>', about: 'share of the images that are blurred', read: share },
  unlabelledWeight: {
    flag: '--unlabelled-weight <x>',
    about: "weight of the unlabelled photos' loss",
    read: number,
  },
  confidence: {
    flag: '--confidence <share>',
    about: 'probability from which on a class becomes the label of an unlabelled pixel',
    read: share,
  },
  auxiliaryLoss: {
    flag: '--auxiliary-loss <weight>',
    about: "weight of a ResNet's auxiliary loss",
    read: number,
    byDefault: '0, none',
  },
  labelSmoothing: {
    flag: '--label-smoothing <share>',
    about: 'share of the target that all classes have alike',
    read: number,
  },
  hardPixels: {
    flag: '--hard-pixels <share>',
    about: 'share of the pixels that the loss counts, those with the largest',
    read: number,
    byDefault: '1, all',
  },
  diceLoss: {
    flag: '--dice-loss <weight>',
    about: 'weight of the Dice loss beside the cross entropy',
    read: number,
    byDefault: '0, none',
  },
  lovaszLoss: {
    flag: '--lovasz-loss <weight>',
    about: 'weight of the Lovász-softmax loss beside the cross entropy',
    read: number,
    byDefault: '0, none',
  },
  dropout: {
    flag: '--dropout <share>',
    about: 'share of the features before the classifier',
    read: number,
  },
  classWeights: {
    flag: '--class-weights <list>',
    about: "balanced, or a factor on each class's loss: 1,2,0.5",
    read: classWeights,
  },
  hardClasses: {
    flag: '--bootstrap [classes]',
    about: "draw these classes' images twice",
    read: nameList,
    preset: HARD_CLASSES,
    byDefault: "VOC's hard ones",
  },
  activationBudget: {
    flag: '--activation-budget <MiB>',
    about: "memory for a step's activations; others are computed twice",
    read: number,
    byDefault: "the GPU's largest buffer",
  },
  seed: { flag: '--seed <n>', about: 'seed of order, crops and new weights', read: wholeNumber },
}

const FLAG_NAMES = Object.keys(FLAGS) as (keyof typeof FLAGS)[]

/** The option of the command; and its opposite, for a flag that small-data implies. */
function recipeFlags(name: keyof typeof FLAGS): Option[] {
  const { flag, about, read, byDefault } = FLAGS[name]
  const { texts, paper, smallData }: Partial<RecipeOption<unknown>> = RECIPE_OPTIONS[name]
  const isFlag = typeof paper === 'boolean'
  const byPaper = byDefault ?? (isFlag || paper === undefined || paper === null ? undefined : `${paper}`)
  const inSmallData = isFlag ? 'yes' : `${smallData}`
  const bySmallData = smallData === undefined || name === 'recipe' ? [] : [`small-data: ${inSmallData}`]
  const defaults = [...(byPaper === undefined ? [] : [`default: ${byPaper}`]), ...bySmallData]
  const option = new Option(flag, defaults.length > 0 ? `${about} (${defaults.join('; ')})` : about)
  if (texts) option.choices(texts as readonly string[])
  else if (read) option.argParser(read)
  if (!isFlag || smallData === undefined) return [option]
  const opposite = option.negate ? flag.replace('--no-', '--') : flag.replace('--', '--no-')
  const options = [option, new Option(opposite, `not ${flag}, which small-data implies`)]
  // Commander gives an option that begins with `no-` no default if the other one comes before.
  return option.negate ? options.toReversed() : options
}

/** Adds the options to a command. They have no defaults here, so that they do not override a checkpoint's recipe. */
export function addRecipeOptions(command: Command): Command {
  for (const option of FLAG_NAMES.flatMap(recipeFlags)) command.addOption(option)
  return command
}

/** The part of the recipe that the user gives; the other fields are undefined. */
export function recipeOf(options: RecipeOptions): Partial<Recipe> {
  const given = FLAG_NAMES.map(name => {
    const [option, ...opposite] = recipeFlags(name)
    const value = (options as Record<string, unknown>)[option.attributeName()]
    if (option.optional && value === true) return [name, FLAGS[name].preset]
    // Commander sets an option that begins with `no-` to true by default.
    const isDefault = option.negate && opposite.length === 0 && value === true
    return [name, isDefault ? undefined : value]
  })
  return { ...Object.fromEntries(given), badImages: options.skipBad ? 'skip' : undefined }
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
  imagenet('mobilenet_v2', 'b0353104', 14),
  imagenet('vgg16', '397923af', 528),
]

export const BACKBONE_NAMES = IMAGENET.map(({ name }) => name)

/** Gives an untrained network the weights of a backbone by its name, its file, its URL or `hf:OWNER/NAME`. */
export async function setBackboneWeights(model: DeepLab, weights: string): Promise<void> {
  const load = (options: object) => findWeights(weights, { ...options, registry: IMAGENET })
  const { stateDict, source } = await withDownloads(weights, load)
  await model.setModel(withBackbone(model.state, stateDict, source))
}
