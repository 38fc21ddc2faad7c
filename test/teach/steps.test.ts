// A lesson's steps against those of ordinary training, in which the whole network is computed and learns.

import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { Executor } from '../../src/graph/runtime/executor.ts'
import { ParameterArena } from '../../src/graph/runtime/parameter_arena.ts'
import { TrainingWeights } from '../../src/graph/runtime/training_weights.ts'
import { defaultNames } from '../../src/library/model_files.ts'
import { withNewClassifier } from '../../src/model/classifier.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import type { NetworkPart } from '../../src/model/parts.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { Lesson } from '../../src/teach/lesson.ts'
import { partParameters } from '../../src/teach/lesson_graphs.ts'
import type { LessonModel } from '../../src/teach/lesson_options.ts'
import { resizeStrokes } from '../../src/teach/strokes.ts'
import { learningRates } from '../../src/train/learned_parameters.ts'
import { padLabels } from '../../src/train/micro_batches.ts'
import { polyLearningRate } from '../../src/train/schedule.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { smallMobileNet, smallResNet } from '../train/short_networks.ts'

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

/** At the size of a lesson's loss. */
const LABELS = { width: 33, height: 33 }
const labels = resizeStrokes(strokes(), { width: SIZE, height: SIZE }, LABELS)

/** With them both classes count alike. */
const CLASS_WEIGHTS = Float32Array.from({ length: 5 }, (_, id) =>
  id === 1 || id === 3 ? 1 / labels.filter(label => label === id).length : 0,
)

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
  for (let step = 0; step < STEPS; step++) {
    const rate = polyLearningRate(RATE, step, STEPS)
    const state = await ordinaryStep({ ...model, parameters }, { velocities, rate })
    losses.push(state.loss)
    parameters = new Map([...model.parameters, ...ownOf(state.parameters)])
    const zeros = [...state.velocities].map(([name, { length }]) => [name, new Float32Array(length)] as const)
    velocities = new Map([...zeros, ...ownOf(state.velocities)])
  }
  return { losses, parameters }
}

/** One step of the whole network's graph, from the photo on, in which all parameters learn. */
async function ordinaryStep(
  model: LessonModel,
  { velocities, rate }: { velocities?: Map<string, Float32Array>; rate: number },
) {
  const gpu = await testGpu()
  const graph = wholeGraph(model)
  const rateOf = learningRates(model.config, { headLearningRate: 1 })
  const host = model.parameters
  const arena = await ParameterArena.create(gpu, graphParameters(graph), { rateOf, host, velocities })
  const weights = await TrainingWeights.create(gpu, arena, { momentum: 0.9, weightDecay: 0 })
  const executor = await Executor.create(gpu, planWithin(graph, { device: gpu }), weights)
  weights.begin(rate)
  const photo = blocksPhoto(SIZE, SIZE).data
  const found = await executor.run({ photo, labels: padLabels(labels, 1), classWeights: CLASS_WEIGHTS })
  const state = { parameters: await arena.read(), velocities: await arena.readVelocities() }
  await executor.destroy()
  weights.destroy()
  arena.destroy()
  return { loss: found.loss[0], ...state }
}

function wholeGraph({ config, preprocessing }: LessonModel) {
  const { mean, std } = preprocessing
  const builder = new GraphBuilder()
  const photo = builder.input('photo', [1, SIZE, SIZE, 4], 'rgba8')
  const image = builder.preprocess(photo, { name: 'image', height: SIZE, width: SIZE, mean, std })
  return trainingGraph(builder.build([deepLab(builder, image, config)]), {
    labels: LABELS,
    ignoreIndex: IGNORE_INDEX,
    alignCorners: config.alignCorners,
    classWeights: true,
    batchNorm: { mode: 'frozen' },
  })
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
    ['DeepLabv3+', { ...smallResNet, decoder: {}, alignCorners: true }],
    ['DeepLabv3+ of two stages', { ...smallResNet, decoder: { stages: 2 }, alignCorners: true }],
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
