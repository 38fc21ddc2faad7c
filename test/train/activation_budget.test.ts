// That an activation budget changes the memory that a training step takes, and nothing else.

import { expect } from 'chai'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { type TrainingOptions, TrainingRun } from '../../src/train/training_run.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'

const STEPS = 3
const OPTIONS: TrainingOptions = {
  batchSize: 2,
  cropSize: 65,
  outputStride: 16,
  freezeBatchNorm: false,
  batchNormDecay: 0.9,
  momentum: 0.9,
  weightDecay: 1e-4,
  headLearningRate: 1,
}

const networks: [name: string, options: DeepLabOptions][] = [
  ['ResNet', { backbone: 'resnet50', units: [2, 1, 1, 2], multiGrid: [1, 2], width: 1 / 16, classes: 5 }],
  ['MobileNetV2', { backbone: 'mobilenet_v2', depthMultiplier: 0.25, classes: 5 }],
]

function batch() {
  const random = randomSource(7)
  const pixels = OPTIONS.batchSize * OPTIONS.cropSize ** 2
  const images = Uint8Array.from({ length: pixels * 4 }, () => random() * 256)
  return { images, labels: Uint8Array.from({ length: pixels }, () => random() * 5) }
}

async function train(network: DeepLabOptions, options: Partial<TrainingOptions>) {
  const config = deepLabConfig(network)
  const model = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 1) }
  const run = await TrainingRun.create(await testGpu(), model, { ...OPTIONS, ...options })
  const losses: number[] = []
  for (let step = 0; step < STEPS; step++) losses.push(await run.step(batch(), 0.05))
  const { activationBytes } = run
  const state = await run.state()
  await run.destroy()
  return { activationBytes, losses, state }
}

describe('an activation budget', () => {
  for (const [name, network] of networks)
    for (const freezeBatchNorm of [false, true])
      it(`changes no bit of ${name}'s training, batch norm ${freezeBatchNorm ? 'frozen' : 'training'}`, async () => {
        const { activationBytes: whole, ...expected } = await train(network, { freezeBatchNorm })
        for (const share of [0.85, 0.6]) {
          const activationBudget = (share * whole) / 2 ** 20
          const { activationBytes, ...actual } = await train(network, { freezeBatchNorm, activationBudget })
          expect(activationBytes).to.be.at.most(share * whole)
          expect(actual).to.deep.equal(expected)
        }
      })
})
