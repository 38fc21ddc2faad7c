import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { OutOfMemoryError } from '../../src/gpu/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { classifierParameters, withAuxiliaryHead, withNewClassifier } from '../../src/model/classifier.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { networkInTraining } from '../../src/train/training_network.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { type LearnedState, TrainingRun } from '../../src/train/training_run.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import {
  abortedAfter,
  ENOUGH,
  submitsDuring,
  withGuessedTimes,
  withSubmitsOf,
} from '../support/submit_budget.ts'
import { SHORT_RUN } from './short_networks.ts'
import { expectSameState } from './short_run.ts'

const OPTIONS: TrainingOptions = { ...SHORT_RUN, cropSize: 33 }
const PIXELS = 33 * 33

/** Dark and bright halves, which are classes 0 and 1; swapped in every second image. */
function halves(count = 2) {
  const images = new Uint8Array(count * PIXELS * 4).fill(255)
  const labels = new Uint8Array(count * PIXELS)
  for (let i = 0; i < count * PIXELS; i++) {
    const bright = Number(i % 33 > 16) ^ (Math.floor(i / PIXELS) % 2)
    images.fill(bright ? 220 : 30, i * 4, i * 4 + 3)
    labels[i] = bright
  }
  return { images, labels }
}

function network(options: DeepLabOptions) {
  const config = deepLabConfig(options)
  const model = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 1) }
  return withNewClassifier(model, { classes: config.classes, seed: 2 })
}

const distanceOf = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0)

describe('TrainingRun', () => {
  let gpu: Gpu
  before(async () => {
    gpu = await testGpu()
  })

  async function train(steps: number, options: Partial<TrainingOptions> = {}, rate = 0.05) {
    const run = await TrainingRun.create(gpu, network(TINY), { ...OPTIONS, ...options })
    const losses: number[] = []
    try {
      for (let step = 0; step < steps; step++) losses.push(await run.step(halves(options.batchSize), rate))
      return { losses, ...(await run.state()) }
    } finally {
      await run.destroy()
    }
  }

  /** The distance of the parameters with this ending from their initial values. */
  function distance({ parameters }: LearnedState, ending: string): number {
    const before = network(TINY).parameters
    const names = [...before.keys()].filter(name => name.endsWith(ending))
    return Math.max(
      ...names.flatMap(name => [...parameters.get(name)!].map((x, i) => Math.abs(x - before.get(name)![i]))),
    )
  }

  it('overfits a batch, from the loss of a uniform guess', async () => {
    const { losses } = await train(40)
    expect(losses[0]).to.be.closeTo(Math.log(5), 0.1)
    expect(losses.at(-1)).to.be.below(0.1)
  })

  it('sums up the terms of its loss, and learns by all of them', async () => {
    const firstLoss = async (options: Partial<TrainingOptions>) => (await train(1, options)).losses[0]
    const plain = await firstLoss({})
    const [dice, lovasz] = [await firstLoss({ diceLoss: 1 }), await firstLoss({ lovaszLoss: 1 })]
    // Two of five classes are there. Each has half of the pixels, and at first every class has a probability of about a fifth.
    expect(dice - plain).to.be.closeTo((2 * (1 - 0.4 / 1.4)) / 5, 0.03)
    expect(lovasz - plain).to.be.within(0.7, 0.95)
    const hard = { hardPixels: 0.5, labelSmoothing: 0.1 }
    expect(await firstLoss({ ...hard, diceLoss: 2, lovaszLoss: 0.5 })).to.be.closeTo(
      (await firstLoss(hard)) + 2 * (dice - plain) + 0.5 * (lovasz - plain),
      1e-5,
    )
    const all = { hardPixels: 0.5, diceLoss: 1, lovaszLoss: 1 }
    const [first, second] = [await train(10, all), await train(10, all)]
    expect(first.losses.at(-1)).to.be.below(first.losses[0] / 2)
    expect(second.losses).to.deep.equal(first.losses)
    expectSameState(second, first)
  })

  it('updates running statistics, unless batch norm is frozen', async () => {
    const [learning, frozen] = [await train(2), await train(2, { freezeBatchNorm: true })]
    expect(distance(learning, '.running_var')).to.be.above(0)
    expect(distance(frozen, '.running_var')).to.equal(0)
    expect(distance(frozen, '.running_mean')).to.equal(0)
    expect(distance(frozen, 'layer1.0.bn1.weight')).to.be.above(0)
  })

  it('changes the classifier faster if its learning rate has a factor', async () => {
    const [plain, fast] = [await train(1), await train(1, { headLearningRate: 10 })]
    const [weight] = classifierParameters(network(TINY).config)
    expect(distance(fast, weight.name) / distance(plain, weight.name)).to.be.closeTo(10, 0.01)
    expect(fast.parameters.get('backbone.conv1.weight')).to.deep.equal(
      plain.parameters.get('backbone.conv1.weight'),
    )
  })

  it('decays the scale and shift of batch norms only if the recipe does', async () => {
    const options = { freezeBatchNorm: true, weightDecay: 0.5 }
    const [decayed, kept] = [await train(1, options), await train(1, { ...options, decayBatchNorm: false })]
    const changed = [...decayed.parameters.keys()].filter(
      name => distanceOf(decayed.parameters.get(name)!, kept.parameters.get(name)!) > 0,
    )
    expect(changed).not.to.deep.equal([])
    const siblings = changed.map(name => name.replace(/(weight|bias)$/, 'running_mean'))
    expect([...decayed.parameters.keys()]).to.include.members(siblings)
  })

  it('changes the auxiliary head as fast as the classifier', async () => {
    const first = async (headLearningRate: number) => {
      const model = withAuxiliaryHead(network(TINY), { seed: 2 })
      const run = await TrainingRun.create(gpu, model, { ...OPTIONS, auxiliaryLoss: 0.5, headLearningRate })
      await run.step(halves(), 0.05)
      const { parameters } = await run.state()
      await run.destroy()
      return (name: string) => parameters.get(name)![0] - model.parameters.get(name)![0]
    }
    const [plain, fast] = [await first(1), await first(10)]
    for (const name of ['aux_classifier.0.weight', 'aux_classifier.1.bias', 'aux_classifier.4.weight'])
      expect(fast(name) / plain(name), name).to.be.closeTo(10, 0.05)
    expect(fast('backbone.layer3.0.conv1.weight')).to.equal(plain('backbone.layer3.0.conv1.weight'))
  })

  it('counts a class by its weight', async () => {
    const plain = await train(3)
    expect((await train(3, { classWeights: [1, 1, 1, 1, 1] })).losses).to.deep.equal(plain.losses)
    // Only the mean over the pixels of class 1 remains: nothing else can be learned.
    const { losses } = await train(40, { classWeights: [0, 1, 1, 1, 1] })
    expect(losses.at(-1))
      .to.be.below(0.01)
      .and.below((await train(40)).losses.at(-1)! / 2)
  })

  it('resumes from its state with the results of an uninterrupted run', async () => {
    const straight = await train(4)
    const start = await train(2)
    const { parameters, velocities } = start
    const run = await TrainingRun.create(gpu, { ...network(TINY), parameters }, { ...OPTIONS, velocities })
    const losses = [await run.step(halves(), 0.05), await run.step(halves(), 0.05)]
    expect([...start.losses, ...losses]).to.deep.equal(straight.losses)
    expectSameState(await run.state(), straight)
    await run.destroy()
  })

  describe('with AdamW and averages', () => {
    const adamw = { optimizer: 'adamw', averageDecay: 0.24 } as const
    const RATE = 0.003

    it('overfits a batch', async () => {
      const { losses } = await train(60, adamw, 0.01)
      expect(losses.at(-1)).to.be.below(0.1)
    })

    it('averages parameters and running statistics after each step, by a decay that rises to its own', async () => {
      const states = [await train(1, adamw, RATE), await train(2, adamw, RATE)]
      for (const name of ['backbone.conv1.weight', 'backbone.bn1.running_var', 'classifier.4.bias']) {
        let expected = [...network(TINY).parameters.get(name)!]
        states.forEach(({ parameters, averages }, step) => {
          const decay = step === 0 ? 2 / 11 : 0.24
          expected = expected.map((value, i) => decay * value + (1 - decay) * parameters.get(name)![i])
          expect([...averages!.keys()].sort()).to.deep.equal([...parameters.keys()].sort())
          averages!.get(name)!.forEach((value, i) => {
            expect(value, `${name}[${i}] after step ${step + 1}`).to.be.closeTo(expected[i], 1e-6)
          })
        })
      }
    })

    for (const options of [adamw, { ...adamw, batchSize: 4, microBatchSize: 2 }])
      it(`resumes${'batchSize' in options ? ' with micro-batches' : ''} with the results of an uninterrupted run`, async () => {
        const straight = await train(4, options, RATE)
        const { losses, parameters, ...kept } = await train(2, options, RATE)
        const start = { ...OPTIONS, ...options, ...kept, step: 2 }
        const run = await TrainingRun.create(gpu, { ...network(TINY), parameters }, start)
        const batch = halves(start.batchSize)
        losses.push(await run.step(batch, RATE), await run.step(batch, RATE))
        expect(losses).to.deep.equal(straight.losses)
        expectSameState(await run.state(), straight)
        await run.destroy()
      })
  })

  it('changes the backbone more slowly if its learning rate has a factor, and not at all with 0', async () => {
    const options = { freezeBatchNorm: true }
    const [plain, slow, kept] = [
      await train(1, options),
      await train(1, { ...options, backboneLearningRate: 0.1 }),
      await train(1, { ...options, backboneLearningRate: 0 }),
    ]
    const name = 'backbone.conv1.weight'
    expect(distance(slow, name) / distance(plain, name)).to.be.closeTo(0.1, 0.001)
    expect(distance(kept, name)).to.equal(0)
    for (const name of [...plain.parameters.keys()].filter(name => name.startsWith('classifier.')))
      for (const other of [slow, kept])
        expect(other.parameters.get(name), name).to.deep.equal(plain.parameters.get(name))
    expect([...kept.velocities.keys()].filter(name => name.startsWith('backbone.'))).to.deep.equal([])
  })

  it('computes no gradients of a backbone that does not learn', () => {
    const gradients = (backboneLearningRate: number) => {
      const options = { ...OPTIONS, freezeBatchNorm: true, backboneLearningRate }
      const { ops, forwardOps } = networkInTraining(network(TINY), options)
      return ops.slice(forwardOps).map(({ name }) => name)
    }
    expect(gradients(1).some(name => name.includes('backbone.'))).to.equal(true)
    expect(gradients(0).filter(name => name.includes('backbone.'))).to.deep.equal([])
    expect(gradients(0).some(name => name.includes('classifier.0'))).to.equal(true)
  })

  it('stops at a loss that grows without end, and names the rate that the user gave', async () => {
    const options = { ...OPTIONS, freezeBatchNorm: true, learningRate: 7 }
    const run = await TrainingRun.create(gpu, network(TINY), options)
    const error = await rejects(UserError, async () => {
      for (let step = 0; step < 9; step++) expect(await run.step(halves(), 0.2)).to.be.below(100)
    })
    expect(error.message).to.match(
      /^the loss is [\d.e+]+, where guessing has 1\.61: try a smaller learning rate than 7$/,
    )
    await run.destroy()
  })

  it('stops at a loss that is not a number, and returns no such weights', async () => {
    const error = await rejects(UserError, () => train(6, {}, 1e30))
    expect(error.message).to.match(/^the loss is (NaN|-?Infinity): try a smaller learning rate than 1e\+30$/)
    expect((await rejects(UserError, () => train(1, {}, Infinity))).message).to.contain(
      'holds values that are no',
    )
  })

  describe('with a signal that is aborted within a step', () => {
    /** A first step in many submits, and the number of them. The signal is aborted after some of them. */
    async function firstStep(after: number, options: Partial<TrainingOptions>) {
      const run = await TrainingRun.create(gpu, network(TINY), { ...OPTIONS, ...options })
      let outcome: unknown
      const step = (signal: AbortSignal) => run.step(halves(options.batchSize), 0.05, signal)
      const submits = await withGuessedTimes(() =>
        withSubmitsOf(0.1, gpu, () =>
          submitsDuring(gpu, async () => {
            outcome = await abortedAfter(after, gpu, step).catch((error: unknown) => error)
          }),
        ),
      )
      const state = await run.state()
      const next = await run.step(halves(options.batchSize), 0.05)
      await run.destroy()
      return { submits, outcome, state, next }
    }

    const kinds: [string, Partial<TrainingOptions>][] = [
      ['', {}],
      [' of two micro-batches', { batchSize: 4, microBatchSize: 2 }],
    ]
    for (const [kind, options] of kinds) {
      it(`leaves a step${kind} undone until its update begins, if batch norm is frozen`, async () => {
        const frozen = { ...options, freezeBatchNorm: true }
        const [before, straight] = [await train(0, frozen), await train(2, frozen)]
        const { submits } = await firstStep(Infinity, frozen)
        expect(submits).to.be.above(20)
        for (const after of [1, Math.floor(submits / 2), Math.floor(0.8 * submits)]) {
          const { outcome, state, next } = await firstStep(after, frozen)
          expect(outcome).to.equal(ENOUGH)
          expectSameState(state, before)
          expect(next).to.equal(straight.losses[0])
        }
        const { outcome, next } = await firstStep(submits - 1, frozen)
        expect([outcome, next]).to.deep.equal(straight.losses)
      })

      it(`does a step${kind} whole once the running statistics of a batch norm change`, async () => {
        const [before, straight] = [await train(0, options), await train(2, options)]
        const { submits } = await firstStep(Infinity, options)
        const undone = await firstStep(1, options)
        expect(undone.outcome).to.equal(ENOUGH)
        expectSameState(undone.state, before)
        for (const after of [Math.floor(submits / 2), Math.floor(0.8 * submits), submits - 1]) {
          const { outcome, next } = await firstStep(after, options)
          expect([outcome, next]).to.deep.equal(straight.losses)
        }
      })
    }
  })

  it('names a label that is not a class', async () => {
    const run = await TrainingRun.create(gpu, network(TINY), OPTIONS)
    const { images, labels } = halves()
    labels[7] = 5
    const error = await rejects(UserError, () => run.step({ images, labels }, 0.1))
    expect(error.message).to.equal('the labels hold class 5, but the last of the 5 classes is 4')
    await run.destroy()
  })

  it('says what to change if the GPU has no room', async () => {
    const { buffers } = gpu.memory
    const { allocate } = gpu
    gpu.allocate = (label, size, flags) =>
      label === 'arena'
        ? Promise.reject(new OutOfMemoryError('no room'))
        : allocate.call(gpu, label, size, flags)
    try {
      const error = await rejects(OutOfMemoryError, () => train(1))
      expect(error.message).to.equal('no room; take a smaller activation budget, micro-batch or crop')
      expect(gpu.memory.buffers).to.equal(buffers)
    } finally {
      gpu.allocate = allocate
    }
  })

  it('frees all its GPU memory', async () => {
    const { buffers } = gpu.memory
    await train(1)
    expect(gpu.memory.buffers).to.equal(buffers)
  })
})
