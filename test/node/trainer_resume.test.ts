import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { tunedKeys } from '../../src/graph/tune/tuned_keys.ts'
import type { DeepLabOptions } from '../../src/model/config.ts'
import { DeepLab } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { openTuning } from '../../src/node/tuning.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { learningRateOf } from '../../src/train/schedule.ts'
import { networkInTraining } from '../../src/train/training_network.ts'
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts'
import type { StateDict } from '../../src/weights/tensor.ts'
import { testGpu } from '../support/gpu.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { writeLabels } from './tiny_dataset.ts'
import { TINY } from './tiny_model.ts'
import { losses, QUICK, take, useTrainers } from './trainer_support.ts'

/** Fields of the oldest recipes, of those that the tests change. */
const OLD = { decayBatchNorm: true, weightDecay: true }

describe('Trainer', () => {
  const { path, open, own, create, newTrainer, resume } = useTrainers()

  it('continues after a break and from a checkpoint, bit for bit', async () => {
    const straight = await newTrainer()
    const expected = losses(await take(straight))

    const stopped = await newTrainer()
    const first = losses(await take(stopped, 3))
    await stopped.save(path('checkpoint'))
    const resumed = await resume(path('checkpoint'))
    expect(resumed.step).to.equal(3)
    expect(resumed.recipe).to.deep.equal(straight.recipe)
    expect(resumed.model.state.preprocessing).to.deep.equal(straight.model.state.preprocessing)
    for (const trainer of [stopped, resumed]) {
      expect([...first, ...losses(await take(trainer))]).to.deep.equal(expected)
      expectSameBits(trainer.model.state.parameters, straight.model.state.parameters)
    }
    expect(await take(resumed), 'nothing is left to do').to.deep.equal([])
  })

  const modern = {
    optimizer: 'adamw',
    learningRate: 0.005,
    schedule: 'cosine',
    warmUpSteps: 2,
    backboneLearningRate: 0.5,
    averageDecay: 0.9,
    decayBatchNorm: false,
    weightDecay: 0.01,
  } as const

  it('continues with AdamW, a cosine and averages, bit for bit; the model has the averages', async () => {
    const straight = await newTrainer(modern)
    const steps = await take(straight)
    expect(steps.map(({ learningRate }) => learningRate)).to.deep.equal(
      steps.map((_, step) => learningRateOf(step, straight.recipe)),
    )
    const expected = losses(steps)
    const stopped = await newTrainer(modern)
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const newest = readSafetensors(await readFile(path('checkpoint/training.safetensors')))
    const { parameters } = stopped.model.state
    expect(newest.get('newest backbone.conv1.weight')!.data).to.not.deep.equal(
      parameters.get('backbone.conv1.weight'),
    )
    const loaded = own(await DeepLab.load(path('checkpoint'), { gpu: await testGpu() }))
    expectSameBits(loaded.state.parameters, parameters)
    for (const trainer of [stopped, await resume(path('checkpoint'))]) {
      expect(losses(await take(trainer))).to.deep.equal(expected.slice(3))
      expectSameBits(trainer.model.state.parameters, straight.model.state.parameters)
    }
  })

  it('continues with a backbone that does not learn, bit for bit', async () => {
    const frozen = { ...modern, backboneLearningRate: 0 }
    const straight = await newTrainer(frozen)
    const expected = losses(await take(straight))
    const stopped = await newTrainer(frozen)
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const resumed = await resume(path('checkpoint'))
    expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
    expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
  })

  it('continues a checkpoint from before AdamW and averages by the paper’s recipe, whatever its own', async () => {
    const straight = await newTrainer()
    const expected = losses(await take(straight))
    const stopped = await newTrainer()
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const file = path('checkpoint/training.json')
    const state = JSON.parse(await readFile(file, 'utf8'))
    for (const name of ['recipe', ...Object.keys(modern)])
      if (!(name in QUICK || name in OLD)) delete state.recipe[name]
    await writeFile(file, JSON.stringify(state))
    const resumed = await resume(path('checkpoint'))
    expect(resumed.recipe).to.deep.equal(straight.recipe)
    expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
    expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
  })

  it('continues a network of one logit, bit for bit, and saves one logit', async () => {
    const twoClasses = { ...TINY, classes: 2 } as DeepLabOptions
    const stateDict = readSafetensors(
      (await create(twoClasses)).modelFiles().get('model.safetensors') as Uint8Array,
    )
    for (const name of ['classifier.4.weight', 'classifier.4.bias']) {
      const { shape, data } = stateDict.get(name)!
      const row = { shape: [1, ...shape.slice(1)], data: data.slice(data.length / 2) }
      stateDict.set(name, { dtype: 'f32', ...row })
    }
    const bytes = writeSafetensors(stateDict)
    const newTrainer = async () => {
      const model = own(await DeepLab.load(bytes, { gpu: await testGpu() }))
      return new Trainer(model, await open(), QUICK)
    }
    const straight = await newTrainer()
    await take(straight)
    const stopped = await newTrainer()
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const resumed = await resume(path('checkpoint'))
    await take(resumed)
    expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
    await resumed.model.save(path('model'))
    const saved = readSafetensors(await readFile(path('model/model.safetensors')))
    const shapes = (tensors: StateDict) => new Map([...tensors].map(([name, { shape }]) => [name, shape]))
    expect(shapes(saved)).to.deep.equal(shapes(stateDict))
    expect(saved.get('classifier.4.weight')!.data).not.to.deep.equal(
      stateDict.get('classifier.4.weight')!.data,
    )
  })

  it('keeps the tuned kernels of its start, bit for bit, whatever is tuned later (slow)', async () => {
    const untuned = losses(await take(await newTrainer()))
    const gpu = await testGpu()
    const tuneTo = async (choices: { convolution: string; weightGradient: string }) => {
      const tuning = await openTuning(gpu)
      const keys = tunedKeys(
        networkInTraining(straight.model.state, { ...straight.recipe, classWeights: null }),
      )
      for (const key of keys)
        tuning.variants.set(
          key,
          key.startsWith('gradient of the weight') ? choices.weightGradient : choices.convolution,
        )
      tuning.variants.set('1×9×9×8 → 8, 1×1, in training', 'conv2d')
      await tuning.save()
    }
    const straight = await newTrainer()
    const ours = { convolution: 'conv2d', weightGradient: 'conv2d_backward_weight' }
    await tuneTo(ours)
    const expected = losses(await take(straight))
    expect(expected, 'tuning has an effect').to.not.deep.equal(untuned)

    const stopped = await newTrainer()
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const { tuned } = JSON.parse(await readFile(path('checkpoint/training.json'), 'utf8'))
    expect(new Set(Object.values(tuned))).to.have.all.keys(...Object.values(ours))
    expect(tuned, 'of this network alone').not.to.include.keys('1×9×9×8 → 8, 1×1, in training')
    await tuneTo({ convolution: 'conv2d_tiled 4×4 of 32×32, depth 8', weightGradient: 'winograd_4' })
    for (const trainer of [stopped, await resume(path('checkpoint'))]) {
      expect(losses(await take(trainer))).to.deep.equal(expected.slice(3))
      expectSameBits(trainer.model.state.parameters, straight.model.state.parameters)
    }
    expect(losses(await take(await newTrainer())), 'a new run').to.not.deep.equal(expected)

    await (await openTuning(gpu)).forget()
    expect(losses(await take(await newTrainer())), 'without tuning').to.deep.equal(untuned)
  })

  it('balances classes by the dataset’s labels, and resumes with the same class weights', async () => {
    const quarter = Array.from({ length: 40 * 36 }, (_, pixel) => Number(pixel % 4 === 0))
    for (const i of [0, 1, 2, 3])
      await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, quarter)
    const balanced = { classWeights: 'balanced' } as const
    const expected = losses(await take(await newTrainer(balanced)))
    expect(expected).to.deep.equal(losses(await take(await newTrainer({ classWeights: [2 / 3, 2] }))))
    expect(expected).to.not.deep.equal(losses(await take(await newTrainer())))

    const stopped = await newTrainer(balanced)
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const { recipe, balance } = JSON.parse(await readFile(path('checkpoint/training.json'), 'utf8'))
    expect(recipe.classWeights).to.equal('balanced')
    expect(balance.classWeights).to.deep.equal([0.5 / 0.75, 0.5 / 0.25])
    const resumed = await resume(path('checkpoint'))
    expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
  })

  it('draws images of hard classes twice, also after a checkpoint', async () => {
    for (const i of [1, 2, 3]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, 0)
    const hard = { hardClasses: ['Bright'], flip: false, steps: 4 }
    const straight = losses(await take(await newTrainer(hard)))
    expect(straight).to.not.deep.equal(losses(await take(await newTrainer({ ...hard, hardClasses: [] }))))

    const stopped = await newTrainer(hard)
    await take(stopped, 2)
    await stopped.save(path('checkpoint'))
    const { balance } = JSON.parse(await readFile(path('checkpoint/training.json'), 'utf8'))
    expect(balance).to.deep.equal({ classWeights: null, indices: [0, 0, 1, 2, 3] })
    expect(losses(await take(await resume(path('checkpoint'))))).to.deep.equal(straight.slice(2))
  })

  it('trains and keeps an auxiliary head, and resumes with all options at once, bit for bit', async () => {
    const all: Partial<Recipe> = {
      auxiliaryLoss: 0.5,
      dropout: 0.5,
      classWeights: 'balanced',
      hardClasses: ['bright'],
      headLearningRate: 10,
      rotation: 10,
      colourJitter: [0.2, 0.3, 0.4, 0.1],
      grey: 0.2,
      blur: 0.5,
    }
    const straight = await newTrainer(all)
    const expected = losses(await take(straight))
    expect(expected[0]).to.be.closeTo(1.5 * Math.log(2), 0.1)

    const stopped = await newTrainer(all)
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const resumed = await resume(path('checkpoint'))
    expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
    expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
    expect(resumed.model.config).to.include({ auxiliaryHead: true })

    const { parameters } = resumed.model.state
    const plain = new Trainer(resumed.model, await open(), { ...QUICK, steps: 1 })
    await take(plain)
    await plain.save(path('plain'))
    const kept = (await resume(path('plain'))).model.state.parameters
    for (const [name, values] of parameters)
      expect(kept.get(name) === undefined || String(kept.get(name)) === String(values), name).to.equal(
        name.startsWith('aux_classifier.'),
      )
  })

  it('does not read labels that a report describes', async () => {
    const report = { problems: [], warnings: [], shares: [], pixels: [[3, 1]] }
    const trainer = new Trainer(
      await create(),
      await open(),
      { ...QUICK, classWeights: 'balanced' },
      { report },
    )
    await take(trainer, 1)
    await trainer.save(path('checkpoint'))
    const { balance } = JSON.parse(await readFile(path('checkpoint/training.json'), 'utf8'))
    expect(balance.classWeights).to.deep.equal([0.5 / 0.75, 0.5 / 0.25])
  })
})
