// Training steps, whose losses are compared with those of a reference.

import { loadNetwork } from '../../../src/model/backbones/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../../src/model/config.ts'
import { initialWeights } from '../../../src/model/initial_weights.ts'
import { IMAGENET } from '../../../src/model/preprocessing.ts'
import type { TrainingOptions } from '../../../src/train/training_options.ts'
import { TrainingRun } from '../../../src/train/training_run.ts'
import { noise, SHORT_RUN, smallResNet } from '../../train/short_networks.ts'
import { type TestedAdapter, withGpu } from './adapter.ts'
import type { Tally } from './report.ts'

/** So small that rounding errors hardly grow from step to step. */
const LEARNING_RATE = 2e-3

/** The largest relative difference of the loss of each step: a batch norm of few values makes rounding errors larger. */
const TOLERANCES = [1e-4, 1e-3, 1e-2]

interface ShortTraining {
  network: DeepLabOptions
  options?: Partial<TrainingOptions>
}

/**
 * Only ResNets: from random weights, MobileNetV2 makes a rounding error of 1e-6 in the first loss one of 1e-2 in the second. The
 * gradients of its depthwise convolutions are in the kernels' cases.
 */
export const trainings: Record<string, ShortTraining> = {
  'ResNet, the batch’s statistics, dropout, auxiliary head': {
    network: { ...smallResNet, width: 1 / 4, auxiliaryHead: true },
    options: { dropout: 0.1, auxiliaryLoss: 0.4 },
  },
  'ResNet, frozen batch norm, output stride 8, micro-batches': {
    network: smallResNet,
    options: { freezeBatchNorm: true, outputStride: 8, microBatchSize: 1 },
  },
}

/** `expected` has the losses of each training by name. */
export async function trainingPart(
  adapter: TestedAdapter,
  tally: Tally,
  { expected, onProgress }: { expected: Record<string, number[]>; onProgress(text: string): void },
): Promise<void> {
  for (const [name, training] of Object.entries(trainings)) {
    onProgress(name)
    await tally.attempt(name, async () => {
      const losses = await lossesOf(adapter, training)
      const isNear = losses.every((loss, i) => Math.abs(loss / expected[name][i] - 1) <= TOLERANCES[i])
      if (!isNear)
        throw new Error(`the losses are ${losses.join(', ')}; expected ${expected[name].join(', ')}`)
    })
  }
}

/** The loss before each of the first steps. */
export async function lossesOf(
  adapter: TestedAdapter,
  { network, options }: ShortTraining,
): Promise<number[]> {
  const config = deepLabConfig(network)
  await loadNetwork(config)
  const model = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 1) }
  return withGpu(adapter, async gpu => {
    const recipe = { ...SHORT_RUN, ...options }
    const run = await TrainingRun.create(gpu, model, recipe)
    try {
      const losses: number[] = []
      for (let step = 0; step < TOLERANCES.length; step++)
        losses.push(await run.step(noise(recipe.batchSize, { seed: step }), LEARNING_RATE))
      return losses
    } finally {
      await run.destroy()
    }
  })
}
