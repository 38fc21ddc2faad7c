// Runs a few steps of a small network on noise, to compare two ways of training.

import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { type LearnedState, TrainingRun } from '../../src/train/training_run.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'
import { expectSameBits } from '../support/same_bits.ts'

const CLASSES = 5
const LEARNING_RATE = 0.05

/** The default options of such a run. */
export const SHORT_RUN: TrainingOptions = {
  batchSize: 2,
  cropSize: 65,
  outputStride: 16,
  freezeBatchNorm: false,
  batchNormDecay: 0.9,
  momentum: 0.9,
  weightDecay: 1e-4,
  decayBatchNorm: true,
  headLearningRate: 1,
  dropout: 0,
  auxiliaryLoss: 0,
  seed: 0,
}

export const smallResNet = {
  backbone: 'resnet50',
  units: [2, 1, 1, 2],
  multiGrid: [1, 2],
  width: 1 / 16,
  classes: CLASSES,
} satisfies DeepLabOptions

export const smallMobileNet: DeepLabOptions = {
  backbone: 'mobilenet_v2',
  depthMultiplier: 0.25,
  classes: CLASSES,
}

/** Images and labels of noise; every pixel is labelled. */
export function noise(images: number, { seed = 7, cropSize = SHORT_RUN.cropSize } = {}): TrainingBatch {
  const random = randomSource(seed)
  const pixels = images * cropSize ** 2
  return {
    images: Uint8Array.from({ length: pixels * 4 }, () => random() * 256),
    labels: Uint8Array.from({ length: pixels }, () => random() * CLASSES),
  }
}

export interface ShortRun {
  activationBytes: number
  /** The loss before each step. */
  losses: number[]
  state: LearnedState
}

/** Runs a step on each batch, from the network's initial weights or from the state of an earlier run. */
export async function shortRun(
  network: DeepLabOptions,
  batches: TrainingBatch[],
  { from, ...options }: Partial<TrainingOptions> & { from?: LearnedState },
): Promise<ShortRun> {
  const config = deepLabConfig(network)
  const parameters = from?.parameters ?? initialWeights(config, 1)
  const model = { config, preprocessing: IMAGENET, parameters }
  const velocities = from?.velocities
  const run = await TrainingRun.create(await testGpu(), model, { ...SHORT_RUN, ...options, velocities })
  try {
    const losses: number[] = []
    for (const batch of batches) losses.push(await run.step(batch, LEARNING_RATE))
    return { activationBytes: run.activationBytes, losses, state: await run.state() }
  } finally {
    await run.destroy()
  }
}

/** Asserts that two runs learned the same values, bit for bit. */
export function expectSameState(actual: LearnedState, expected: LearnedState): void {
  expectSameBits(actual.parameters, expected.parameters)
  expectSameBits(actual.velocities, expected.velocities)
}
