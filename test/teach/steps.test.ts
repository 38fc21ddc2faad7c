// A lesson's steps against those of ordinary training, in which the whole network is computed and learns.

import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { withNewClassifier } from '../../src/model/classifier.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import type { NetworkPart } from '../../src/model/parts.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { defaultNames } from '../../src/node/model_files.ts'
import { Lesson } from '../../src/teach/lesson.ts'
import { partParameters } from '../../src/teach/lesson_graphs.ts'
import type { LessonModel } from '../../src/teach/lesson_options.ts'
import { polyLearningRate } from '../../src/train/schedule.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { SHORT_RUN, smallMobileNet, smallResNet } from '../train/short_networks.ts'

const SIZE = 65
const STEPS = 3
const RATE = 0.05

function modelOf(options: DeepLabOptions): LessonModel {
  const config = deepLabConfig(options)
  const model = {
    config,
    classNames: defaultNames(config.classes),
    preprocessing: { ...IMAGENET, size: SIZE },
    parameters: initialWeights(config, 1),
  }
  return withNewClassifier(model, { classes: config.classes, seed: 2 })
}

/** 200 pixels of class 1 and 40 of class 3. */
function strokes(): Uint8Array {
  const labels = new Uint8Array(SIZE * SIZE).fill(IGNORE_INDEX)
  labels.fill(1, 10 * SIZE, 10 * SIZE + 200)
  labels.fill(3, 50 * SIZE, 50 * SIZE + 40)
  return labels
}

/** With them both classes count alike. */
const CLASS_WEIGHTS = [0, 1 / 200, 0, 1 / 40, 0]

interface Learned {
  losses: number[]
  parameters: Map<string, Float32Array>
}

async function taught(model: LessonModel, part: NetworkPart): Promise<Learned> {
  const lesson = await Lesson.create(await testGpu(), model, { part, rehearsal: 0 })
  try {
    await lesson.setPhoto('photo', blocksPhoto(SIZE, SIZE))
    await lesson.setLabels('photo', strokes())
    const losses: number[] = []
    for await (const { loss } of lesson.train({ steps: STEPS, learningRate: RATE })) losses.push(loss)
    return { losses, parameters: (await lesson.model()).parameters }
  } finally {
    await lesson.dispose()
  }
}

/** Each step is a run of its own, after which all but the part goes back to what it was. */
async function trained(model: LessonModel, part: NetworkPart): Promise<Learned> {
  const own = new Set(partParameters({ ...model, part }).map(({ name }) => name))
  const ownOf = (tensors: Map<string, Float32Array>) => [...tensors].filter(([name]) => own.has(name))
  const losses: number[] = []
  let { parameters } = model
  let velocities: Map<string, Float32Array> | undefined
  const options = {
    ...{ ...SHORT_RUN, batchSize: 1, cropSize: SIZE, freezeBatchNorm: true, weightDecay: 0 },
    classWeights: CLASS_WEIGHTS,
  }
  for (let step = 0; step < STEPS; step++) {
    const run = await TrainingRun.create(
      await testGpu(),
      { ...model, parameters },
      { ...options, velocities },
    )
    const batch = { images: blocksPhoto(SIZE, SIZE).data, labels: strokes() }
    losses.push(await run.step(batch, polyLearningRate(RATE, step, STEPS)))
    const state = await run.state()
    await run.destroy()
    parameters = new Map([...model.parameters, ...ownOf(state.parameters)])
    const zeros = [...state.velocities].map(([name, { length }]) => [name, new Float32Array(length)] as const)
    velocities = new Map([...zeros, ...ownOf(state.velocities)])
  }
  return { losses, parameters }
}

/** The largest difference between two updates, as a share of the largest update. */
function difference(before: Float32Array, [a, b]: [Float32Array, Float32Array]): number {
  const distance = (x: Float32Array, y: Float32Array) =>
    x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0)
  return distance(a, b) / Math.max(distance(b, before), 1e-6)
}

describe('the steps of a lesson', () => {
  const networks: [string, DeepLabOptions][] = [
    ['ResNet', { ...smallResNet, headConvolution: true }],
    ['ResNet without ASPP', { ...smallResNet, aspp: null }],
    ['MobileNetV2', smallMobileNet],
  ]
  for (const [name, options] of networks)
    for (const part of ['classifier', 'head', 'network'] as const)
      it(`equal those of ordinary training with all else frozen: ${part} of ${name}`, async () => {
        const model = modelOf(options)
        const [lesson, run] = [await taught(model, part), await trained(model, part)]
        for (const [step, loss] of run.losses.entries()) expect(lesson.losses[step]).to.be.closeTo(loss, 1e-4)
        expect(run.losses[0] - run.losses[2]).to.be.above(0.01)
        const own = new Set(partParameters({ ...model, part }).map(parameter => parameter.name))
        for (const [tensor, values] of run.parameters) {
          const before = model.parameters.get(tensor)!
          const now = lesson.parameters.get(tensor)!
          if (own.has(tensor)) expect(difference(before, [now, values]), tensor).to.be.below(0.01)
          else expect(now, tensor).to.equal(before)
        }
      })
})
