// Small networks, the options of a short run, and noise to train on.

import type { DeepLabOptions } from '../../src/model/config.ts'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { randomSource } from '../reference/random.ts'

const CLASSES = 5

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
