// Reads the files of make_golden.py: training trajectories of PyTorch from seeded weights, images and labels.

import { readdirSync, readFileSync } from 'node:fs'
import type { Parameter } from '../../src/graph/ir/tensor.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import {
  type DeepLabConfig,
  type DeepLabOptions,
  deepLabConfig,
  hasAuxiliaryHead,
  type ResNetConfig,
} from '../../src/model/config.ts'
import { deepLabInTraining } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { seededImage, seededParameter } from '../model/seeded_weights.ts'
import { tinyNetwork } from './tiny_network.ts'

type Unsampled = Omit<FinalValue, 'sample'>[]

interface Family {
  networks: Record<string, GoldenNetwork>
  trajectories: (Omit<Trajectory, 'values' | 'averages'> & { values: Unsampled; averages?: Unsampled })[]
}

export interface GoldenNetwork {
  /** Height and width of images and labels. */
  size: [number, number]
  classes: number
  /** The learning rate at step 0, without a recipe; at step i it is multiplied by (1 − i/steps)^0.9. */
  learningRate: number
  /** What differs from SGD by the paper's schedule; and of which layers backbone and head are. */
  recipe?: Pick<
    Recipe,
    | 'optimizer'
    | 'momentum'
    | 'weightDecay'
    | 'schedule'
    | 'warmUpSteps'
    | 'headLearningRate'
    | 'backboneLearningRate'
    | 'decayBatchNorm'
    | 'averageDecay'
  >
  backbone?: string[]
  head?: string[]
  /** The initial value of the last γ of each bottleneck, as a multiple of the seeded one. */
  lastGamma: number
  /** The class weights in the loss; null if all classes count equally. */
  classWeights: number[] | null
  /** Options of the loss. Default: the plain cross entropy. */
  loss?: Partial<Pick<TrainingOptions, 'labelSmoothing' | 'hardPixels' | 'diceLoss' | 'lovaszLoss'>>
  /** The factor on the seeded weights of convolutions. Default: 1. */
  gain?: number
  /** The network's config; null for a network that `networkGraph` knows by its name. */
  options: DeepLabOptions | null
  outputStride: number
  /** The sum of the images' float32 bit patterns modulo 2³², and of the labels. */
  imageSum: number
  labelSum: number
}

export interface Trajectory {
  network: string
  batchNorm: 'training' | 'frozen'
  /** The losses before each step, computed in float64 and in float32. */
  losses: number[]
  losses32: number[]
  /** The values after the last step: all of the tiny network, some of ResNet-50. */
  values: FinalValue[]
  /** The moving averages of the same, with a recipe. */
  averages?: FinalValue[]
}

/** A trained parameter or running statistic. */
export interface FinalValue extends Parameter {
  /** The L2 norm of the whole parameter, and of its difference from the start. */
  norm: number
  change: number
  /** The elements that `sampled` selects. */
  sample: Float32Array
}

const LARGEST_SAMPLE = 2000
const IGNORED = 255

const FOLDER = new URL('golden/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, FOLDER))
const readJson = (file: string) => JSON.parse(read(file).toString())

/** The options common to all trajectories. */
export const goldenTraining: {
  steps: number
  batch: number
  momentum: number
  weightDecay: number
  auxiliaryLoss: number
} = readJson('training.json')

/** Each family's trajectories are in files of their own, so that one family can be made again alone. */
const families = readdirSync(FOLDER).flatMap(file => /^(.*)\.bin$/.exec(file)?.[1] ?? [])

export const goldenNetworks: Record<string, GoldenNetwork> = Object.assign(
  {},
  ...families.map(family => (readJson(`${family}.json`) as Family).networks),
)

export const trajectories: readonly Trajectory[] = families.flatMap(readTrajectories)

function readTrajectories(family: string): Trajectory[] {
  const all = new Float32Array(new Uint8Array(read(`${family}.bin`)).buffer)
  let offset = 0
  const withSample = (value: Omit<FinalValue, 'sample'>): FinalValue => {
    const start = offset
    offset += Math.min(
      LARGEST_SAMPLE,
      value.shape.reduce((a, b) => a * b),
    )
    return { ...value, sample: all.subarray(start, offset) }
  }
  return (readJson(`${family}.json`) as Family).trajectories.map(({ averages, ...entry }) => {
    const values = entry.values.map(withSample)
    return { ...entry, values, ...(averages && { averages: averages.map(withSample) }) }
  })
}

/** At most so many elements, evenly spread: by default the sample in a FinalValue. */
export function sampled(values: Float32Array, most = LARGEST_SAMPLE): Float32Array {
  const count = Math.min(values.length, most)
  return Float32Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)])
}

/** From `image`, [batch, height, width, 3], to the logits of each head, which the loss upsamples to the labels' size. */
export function networkGraph(name: string): ModelGraph {
  if (isTiny(name)) return tinyNetwork(goldenTraining.batch)
  const { size, outputStride } = goldenNetworks[name]
  const builder = new GraphBuilder()
  const image = builder.input('image', [goldenTraining.batch, ...size, 3])
  const config = networkConfig(name)
  const auxiliaryHead = hasAuxiliaryHead(config)
  return builder.build(deepLabInTraining(builder, image, config, { outputStride, auxiliaryHead }))
}

/** Whether a network is tiny_network.py, which has no config. */
export const isTiny = (name: string): boolean => name.startsWith('tiny')

export function networkConfig(name: string): DeepLabConfig {
  const { options } = goldenNetworks[name]
  if (options) return deepLabConfig(options)
  return name.startsWith('auxiliary') ? SHALLOW : preset(name).config
}

/** make_golden.py's `shallow_module`. */
const SHALLOW = deepLabConfig({
  ...(preset('deeplabv3_resnet50').config as ResNetConfig),
  units: [1, 1, 1, 1],
  multiGrid: [1],
  classes: goldenNetworks.auxiliary.classes,
  auxiliaryHead: true,
})

/** The seeded parameter, multiplied by `lastGamma` for the last γ of each bottleneck; make_golden.py explains why. */
export function startingValue({ lastGamma, gain = 1 }: GoldenNetwork, parameter: Parameter): Float32Array {
  const values = seededParameter(parameter)
  const factor = parameter.shape.length === 4 ? gain : 1
  return values.map(value => value * (parameter.name.endsWith('.bn3.weight') ? lastGamma : factor))
}

/** Normalised images [batch, height, width, 3]: one seeded image, `batch` times as high, cut into images. */
export const trainingImages = ({ size: [height, width] }: GoldenNetwork): Float32Array =>
  seededImage(goldenTraining.batch * height, width)

/**
 * Class ids [batch, height, width]. The range [−2, 2) of a pixel's red value is divided into classes + 1 equal parts; the last
 * part is 255.
 */
export function trainingLabels(network: GoldenNetwork): Uint8Array {
  const images = trainingImages(network)
  const parts = network.classes + 1
  return Uint8Array.from({ length: images.length / 3 }, (_, pixel) => {
    const part = Math.floor(((images[pixel * 3] + 2) / 4) * parts)
    return part === network.classes ? IGNORED : part
  })
}
