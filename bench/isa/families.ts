// Compiles every kernel that a GPU gets for the presets under the layer: `tsx bench/isa/families.ts JOB`, a process of its own. Each
// structure of a network is planned once, in inference with fp32 and fp16 and in training, since the number of channels and of layers
// hardly changes which pipelines there are.

import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import type { Plan } from '../../src/graph/plan/plan.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { Segmenter } from '../../src/inference/segmenter.ts'
import { accumulateGradients } from '../../src/kernels/training/accumulate_gradients.ts'
import { adamw } from '../../src/kernels/training/adamw.ts'
import { averageParameters } from '../../src/kernels/training/average_parameters.ts'
import { confidentClasses } from '../../src/kernels/training/confident_classes.ts'
import { sgd } from '../../src/kernels/training/sgd.ts'
import { loadNetwork } from '../../src/model/backbones/index.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { type Preset, presets } from '../../src/model/presets.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { lossTermsOf } from '../../src/train/loss_terms.ts'
import { recipeFor } from '../../src/train/recipe.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { networkInTraining } from '../../src/train/training_network.ts'
import { compileKernels } from './compile_kernels.ts'
import type { Job } from './job.ts'

const { out }: Pick<Job, 'out'> = JSON.parse(process.argv[2])
const PHOTO = { width: 640, height: 480, originalWidth: 640, originalHeight: 480 }
const CROP = 513
const BATCH = 2

/** Tiles of gradients depend on the number of a decoder's channels, where there are few. */
const FEW_CHANNELS = ['deeplabv3plus.table1.channels8.os16', 'deeplabv3plus.table1.channels16.os16']

/** Every term of a loss. */
const LOSSES = { freezeBatchNorm: true, labelSmoothing: 0.1, hardPixels: 0.5, diceLoss: 1, lovaszLoss: 1 }

const gpu = await openGpu()
await Promise.all(presets.map(({ config }) => loadNetwork(config)))
const kernels: Kernel[] = [...updates()]
for (const preset of firstOfEach(structureOf))
  kernels.push(...(await inference(gpu, preset)), ...(await training(gpu, preset)))
for (const preset of firstOfEach(strategyOf)) kernels.push(...(await inference(gpu, preset)))
for (const preset of firstOfEach(({ config }) => config.backbone))
  kernels.push(...(await training(gpu, preset, { freezeBatchNorm: true, dropout: 0.1 })))
for (const preset of presets.filter(({ name }) => FEW_CHANNELS.includes(name)))
  kernels.push(...(await training(gpu, preset)))
kernels.push(...(await training(gpu, presets[0], LOSSES)))
await compileKernels(different(kernels), { gpu, assemble, out })
process.exit(0) // A device that cannot run cannot be closed in order either.

function firstOfEach(key: (preset: Preset) => string): Preset[] {
  return [...new Map(presets.toReversed().map(preset => [key(preset), preset])).values()]
}

/** A config without its numbers. ResNets differ in the number of their units. */
function structureOf({ config }: Preset): string {
  const isNumber = (value: unknown) => typeof value === 'number' || Array.isArray(value)
  const text = JSON.stringify(config, (_, value) => (isNumber(value) ? undefined : value))
  return text.replace(/resnet\d+/, 'resnet')
}

function strategyOf({ inference: { scales = [1], flip, merge } }: Preset): string {
  return JSON.stringify([scales.length > 1, flip, merge])
}

async function inference(gpu: Gpu, { config, inference }: Preset): Promise<Kernel[]> {
  const plans = (['fp32', 'fp16'] as const).map(precision => {
    const segmenter = new Segmenter(gpu, {
      config,
      preprocessing: IMAGENET,
      parameters: new Map(),
      precision,
    })
    return segmenter.plan([PHOTO], inference)
  })
  return (await Promise.all(plans)).flatMap(kernelsOf)
}

async function training(gpu: Gpu, { config }: Preset, options: Partial<Recipe> = {}): Promise<Kernel[]> {
  const { outputStride } = config
  const recipe = recipeFor(config, { cropSize: CROP, batchSize: BATCH, outputStride, ...options })
  const terms = await lossTermsOf(recipe)
  const graph = networkInTraining(
    { config, preprocessing: IMAGENET },
    { ...recipe, classWeights: null },
    terms,
  )
  return kernelsOf(planWithin(graph, { device: gpu }))
}

/** Those of the plan, and those that pack its weights. */
function kernelsOf({ steps, folded }: Plan): Kernel[] {
  return [
    ...steps.map(({ kernel }) => kernel),
    ...folded.flatMap(({ parts }) => parts.map(({ kernel }) => kernel)),
  ]
}

/** One of those that become one pipeline. */
function different(kernels: readonly Kernel[]): Kernel[] {
  const key = ({ shader, constants, stored, subgroupSize, textures }: Kernel) =>
    JSON.stringify([shader.name, constants, stored, subgroupSize, textures])
  return [...new Map(kernels.map(kernel => [key(kernel), kernel])).values()]
}

/** At the end of a micro-batch, and of a step; and before it, where photos have no labels. */
function updates(): Kernel[] {
  const count = 2 ** 20
  return [
    accumulateGradients({ label: 'accumulate', count, share: 0.5 }),
    sgd({ label: 'sgd', count, multiplier: 1, momentum: 0.9, weightDecay: 1e-4 }),
    adamw({ label: 'adamw', count, multiplier: 1, momentum: 0.9, weightDecay: 0.01 }),
    averageParameters({ label: 'average', count }),
    confidentClasses({
      label: 'sure classes',
      input: [BATCH, 33, 33, 21],
      ...{ height: CROP, width: CROP, alignCorners: false, confidence: 0.95, ignoreIndex: 255 },
    }),
  ]
}
