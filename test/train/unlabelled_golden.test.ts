// Compares steps on labelled and unlabelled images with PyTorch's: see make_unlabelled_golden.py.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import type { MixBox } from '../../src/train/cut_mix.ts'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import { polyLearningRate } from '../../src/train/schedule.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { goldenNetworks, goldenTraining, networkConfig, sampled, startingValue } from './golden.ts'
import { SHORT_RUN } from './short_networks.ts'

interface Golden {
  network: string
  weight: number
  confidence: number
  box: MixBox
  /** The first column outside the photo, in the second image. */
  outside: number
  steps: { loss: number; unlabelledLoss: number; confident: number }[]
  /** After the last step; at most 200 elements, evenly spread. */
  values: Record<string, { norm: number; sample: number[] }>
}

const golden: Golden = JSON.parse(readFileSync(new URL('golden/unlabelled.json', import.meta.url)).toString())
const network = goldenNetworks[golden.network]
const [SIZE] = network.size
const VALUES = 2 * SIZE ** 2 * 3

/** The images and labels of make_unlabelled_golden.py. */
function batch(): TrainingBatch {
  const noise = seededImage(6 * SIZE, SIZE)
  const bytes = Uint8Array.from(noise, value => Math.min(255, Math.floor((value + 2) * 64)))
  const rgba = (rgb: (i: number) => number) =>
    Uint8Array.from({ length: (VALUES / 3) * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : rgb(Math.floor(i / 4) * 3 + (i % 4)),
    )
  const parts = network.classes + 1
  const labels = Uint8Array.from({ length: VALUES / 3 }, (_, pixel) => {
    const part = Math.floor(((noise[pixel * 3] + 2) / 4) * parts)
    return part === network.classes ? IGNORE_INDEX : part
  })
  const outside = Uint8Array.from({ length: VALUES / 3 }, (_, pixel) =>
    pixel >= SIZE ** 2 && pixel % SIZE >= golden.outside ? IGNORE_INDEX : 0,
  )
  return {
    images: rgba(i => bytes[i]),
    labels,
    unlabelled: {
      images: rgba(i => bytes[VALUES + i]),
      strong: rgba(i => (bytes[VALUES + i] * 3 + bytes[2 * VALUES + i]) >> 2),
      labels: outside,
      boxes: [golden.box, null],
    },
  }
}

const stray = (actual: number, expected: number) => Math.abs(actual / expected - 1)

describe('steps on labelled and unlabelled images, beside PyTorch', () => {
  it('losses, sure pixels and weights agree', async () => {
    const { steps, momentum, weightDecay } = goldenTraining
    const config = networkConfig(golden.network)
    const parameters = new Map(
      networkParameters(config).map(parameter => [parameter.name, startingValue(network, parameter)]),
    )
    const { outputStride } = network
    const options = { ...SHORT_RUN, freezeBatchNorm: true, outputStride, momentum, weightDecay }
    const { weight, confidence } = golden
    const run = await TrainingRun.create(
      await testGpu(),
      { config, preprocessing: IMAGENET, parameters },
      { ...options, unlabelled: { weight, confidence } },
    )
    try {
      for (const [step, expected] of golden.steps.entries()) {
        const loss = await run.step(batch(), polyLearningRate(network.learningRate, step, steps))
        const part = run.unlabelledPart!
        const found = { loss, unlabelledLoss: part.loss, confident: part.confident }
        for (const name of ['loss', 'unlabelledLoss', 'confident'] as const)
          expect(stray(found[name], expected[name]), `${name} of step ${step}`).to.be.below(3e-4)
      }
      const { parameters: final } = await run.state()
      for (const [name, { norm, sample }] of Object.entries(golden.values)) {
        expect(stray(Math.hypot(...final.get(name)!), norm), name).to.be.below(3e-4)
        const values = sampled(final.get(name)!, sample.length)
        const difference = Math.hypot(...values.map((value, i) => value - sample[i]))
        expect(difference / Math.hypot(...sample), name).to.be.below(3e-4)
      }
    } finally {
      await run.destroy()
    }
  })
})
