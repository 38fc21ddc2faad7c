import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { evaluate } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { HALVES } from './halves_dataset.ts'
import { losses, QUICK, take, useTrainers } from './trainer_support.ts'

describe('Trainer', () => {
  const { path, open, create, newTrainer, resume } = useTrainers()

  it('has the paper’s recipe, except for given options', async () => {
    const model = await create()
    const { recipe } = new Trainer(model, await open(), { batchSize: 4, seed: undefined })
    expect(recipe).to.deep.equal({
      recipe: 'paper',
      steps: 30_000,
      batchSize: 4,
      microBatchSize: 4,
      optimizer: 'sgd',
      schedule: 'poly',
      warmUpSteps: 0,
      averageDecay: 0,
      backboneLearningRate: 1,
      cropSize: 513,
      learningRate: 0.007,
      outputStride: 16,
      freezeBatchNorm: false,
      batchNormDecay: 0.9997,
      decayBatchNorm: true,
      momentum: 0.9,
      weightDecay: 1e-4,
      headLearningRate: 1,
      dropout: 0,
      auxiliaryLoss: 0,
      labelSmoothing: 0,
      hardPixels: 1,
      diceLoss: 0,
      lovaszLoss: 0,
      scales: [0.5, 2],
      flip: true,
      rotation: 0,
      colourJitter: 0,
      grey: 0,
      blur: 0,
      unlabelledWeight: 1,
      confidence: 0.95,
      classWeights: null,
      hardClasses: [],
      badImages: 'stop',
      seed: 0,
    })
  })

  it('has the values for small data by their name, except for given options', async () => {
    const options = { recipe: 'small-data', schedule: 'poly', batchSize: 2 } as const
    const { recipe } = new Trainer(await create(), await open(), options)
    const given = { ...options, microBatchSize: 2, optimizer: 'adamw', momentum: 0.9, scales: [0.5, 2] }
    expect(recipe).to.deep.include(given)
    expect(recipe.diceLoss).to.be.above(0)
  })

  it('learns a small dataset: the model then segments it', async () => {
    // Batch norm is frozen, since over two images it makes ±1 of image-level features, whatever they show.
    const trainer = await newTrainer({ steps: 60, learningRate: 0.01, freezeBatchNorm: true })
    const before = await evaluate(trainer.model, await open()).catch(error => error.message)
    expect(before).to.contain('the model has 5 classes')
    const steps = await take(trainer)
    expect(steps.map(({ step }) => step)).to.deep.equal(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(steps[0].loss).to.be.closeTo(Math.log(2), 0.1)
    expect(steps.at(-1)!.loss).to.be.below(0.3)
    expect(steps[30].learningRate).to.be.closeTo(0.01 * 0.5 ** 0.9, 1e-12)
    expect(steps[30].imagesPerSecond).to.be.above(0)
    expect(trainer.model.classNames).to.deep.equal(HALVES)
    expect(trainer.model.state.preprocessing.size).to.equal(33)
    const { mIoU } = await evaluate(trainer.model, await open())
    expect(mIoU).to.be.above(0.65)
  })

  it('keeps all weights except the classifier’s for new classes, and all weights for the same classes', async () => {
    const model = await create()
    const before = model.state.parameters
    expect(await model.setClasses(HALVES, { seed: 3 })).to.equal(true)
    expect(model.config.classes).to.equal(2)
    const changed = [...before.keys()].filter(name => model.state.parameters.get(name) !== before.get(name))
    expect(changed).to.deep.equal(['classifier.4.weight', 'classifier.4.bias'])
    const { parameters } = model.state
    expect(await model.setClasses(['Dark', 'bright'])).to.equal(false)
    expect(model.classNames).to.deep.equal(['Dark', 'bright'])
    expect(model.state.parameters).to.equal(parameters)
  })

  it('replaces a checkpoint as a whole', async () => {
    const trainer = await newTrainer({ steps: 2 })
    for await (const _ of trainer) await trainer.save(path('out/last'))
    expect((await resume(path('out/last'))).step).to.equal(2)
    expect(await readdir(path('out'))).to.deep.equal(['last'])
    const files = ['config.json', 'model.safetensors', 'training.json', 'training.safetensors']
    expect((await readdir(path('out/last'))).sort()).to.deep.equal(files)
  })

  it('keeps the names of Hugging Face’s MobileNetV2', async () => {
    const model = await create({ backbone: 'mobilenet_v2', depthMultiplier: 0.1, classes: 2 })
    const trainer = new Trainer(model, await open(), { ...QUICK, steps: 1 })
    expect(trainer.recipe.weightDecay).to.equal(4e-5)
    await take(trainer)
    await trainer.save(path('mobile'))
    const saved = readSafetensors(await readFile(path('mobile/model.safetensors')))
    expect([...saved.keys()]).to.deep.equal(networkParameters(model.config).map(({ name }) => name))
    expect([...saved.keys()]).to.include('segmentation_head.classifier.convolution.weight')
    const config = JSON.parse(await readFile(path('mobile/config.json'), 'utf8'))
    expect(config.id2label).to.deep.equal({ 0: 'dark', 1: 'bright' })
  })

  it('warns if batch norm has few images', async () => {
    expect((await newTrainer()).warnings[0]).to.match(/^batch norm trains on 2 images at a time/)
    expect((await newTrainer({ freezeBatchNorm: true })).warnings).to.deep.equal([])
    expect((await newTrainer({ freezeBatchNorm: true, warmUpSteps: 6 })).warnings).to.deep.equal([
      'all 6 steps are of the warm-up of 6: the learning rate never falls',
    ])
    expect((await newTrainer({ batchSize: 8 })).warnings).to.deep.equal([])
    expect((await newTrainer({ batchSize: 8, microBatchSize: 4 })).warnings[0]).to.match(/trains on 4 images/)
  })

  it('warns if frozen batch norm has no statistics because they were folded into the weights', async () => {
    const freeze = { ...QUICK, freezeBatchNorm: true }
    const { model } = await newTrainer()
    const trainer = new Trainer(model, await open(), freeze)
    const fill = (suffix: string, value: number) =>
      model.setParameters(
        new Map(
          [...model.state.parameters].map(([name, values]) => [
            name,
            name.endsWith(suffix) ? values.map(() => value) : values,
          ]),
        ),
      )
    await fill('bn1.bias', 0.1)
    await fill('.running_var', 0.999) // 1 − ε
    expect(trainer.warnings).to.have.length(1)
    expect(trainer.warnings[0]).to.match(/^all statistics of batch norm are 0 and 1.*rate than 0\.05 if/)
    expect(new Trainer(model, await open(), QUICK).warnings[0]).to.match(/^batch norm trains on 2 images/)
    await fill('.running_mean', 0.1)
    expect(trainer.warnings).to.deep.equal([])
  })

  it('ends with the signal’s reason, keeps the learned weights, and reports its progress', async () => {
    const straight = losses(await take(await newTrainer()))
    const controller = new AbortController()
    const progress: object[] = []
    const trainer = new Trainer(await create(), await open(), QUICK, {
      signal: controller.signal,
      onProgress: each => progress.push(each),
    })
    const error = await rejects(DOMException, async () => {
      for await (const { step } of trainer) if (step === 2) controller.abort()
    })
    expect(error.name).to.equal('AbortError')
    expect(trainer.step).to.equal(2)
    expect(progress).to.deep.equal([1, 2].map(done => ({ done, total: 6 })))
    await rejects(DOMException, () => take(trainer))
    await trainer.save(path('aborted'))
    expect(losses(await take(await resume(path('aborted'))))).to.deep.equal(straight.slice(2))
  })

  it('frees its GPU memory', async () => {
    const trainer = await newTrainer({ steps: 1 })
    const { memory } = await testGpu()
    await take(trainer)
    expect((await testGpu()).memory.buffers).to.equal(memory.buffers)
  })
})
