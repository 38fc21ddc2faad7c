// Runs a few steps of a small network on noise, to compare two ways of training.

import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { type LearnedState, TrainingRun } from '../../src/train/training_run.ts'
import { testGpu } from '../support/gpu.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { SHORT_RUN } from './short_networks.ts'

const LEARNING_RATE = 0.05

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
  for (const kind of ['squares', 'averages'] as const)
    expectSameBits(actual[kind] ?? new Map(), expected[kind] ?? new Map())
}
