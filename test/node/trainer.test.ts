import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Dataset } from '../../src/data/dataset.ts'
import { BadImageError, UserError } from '../../src/errors.ts'
import { DeviceLostError } from '../../src/gpu/errors.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { checkDataset, DeepLab, evaluate, openDataset, openGpu } from '../../src/node/index.ts'
import { Trainer, type TrainerOptions, type TrainingStep } from '../../src/node/training/trainer.ts'
import type { Recipe } from '../../src/train/recipe.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { HALVES, writeHalves } from './halves_dataset.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeLabels } from './tiny_dataset.ts'
import { TINY } from './tiny_model.ts'

const QUICK: Partial<Recipe> = {
  steps: 6,
  batchSize: 2,
  size: 33,
  cropSize: 33,
  learningRate: 0.05,
  batchNormDecay: 0.9,
  scales: [1, 1],
}

describe('Trainer', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  let models: DeepLab[] = []
  beforeEach(() => writeHalves(path('voc')))
  afterEach(async () => {
    for (const model of models) await model.dispose()
    models = []
  })

  const open = () => openDataset(`voc:${path('voc')}`, { split: 'train' })

  async function create(network = TINY): Promise<DeepLab> {
    const model = await DeepLab.create(network, { gpu: await testGpu() })
    models.push(model)
    return model
  }

  async function newTrainer(options: Partial<Recipe> = {}): Promise<Trainer> {
    return new Trainer(await create(), await open(), { ...QUICK, ...options })
  }

  async function resume(folder: string, options: TrainerOptions = {}): Promise<Trainer> {
    const trainer = await Trainer.resume(folder, await open(), { gpu: await testGpu(), ...options })
    models.push(trainer.model)
    return trainer
  }

  /** Runs to the end, or for so many steps. */
  async function take(trainer: Trainer, count = Infinity): Promise<TrainingStep[]> {
    const steps: TrainingStep[] = []
    for await (const step of trainer) if (steps.push(step) === count) break
    return steps
  }

  const losses = (steps: TrainingStep[]) => steps.map(({ loss }) => loss)

  it('has the paper’s recipe, but for what it is told', async () => {
    const model = await create()
    const { recipe } = new Trainer(model, await open(), { batchSize: 4, seed: undefined })
    expect(recipe).to.deep.equal({
      steps: 30_000,
      batchSize: 4,
      microBatchSize: 4,
      cropSize: 513,
      learningRate: 0.007,
      outputStride: 16,
      freezeBatchNorm: false,
      batchNormDecay: 0.9997,
      momentum: 0.9,
      weightDecay: 1e-4,
      headLearningRate: 1,
      dropout: 0,
      auxiliaryLoss: 0,
      scales: [0.5, 2],
      flip: true,
      classWeights: null,
      hardClasses: [],
      badImages: 'stop',
      seed: 0,
    })
  })

  it('learns a small dataset: the model then segments it', async () => {
    // Frozen, since over two images batch norm makes ±1 of image-level features, whatever they show.
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

  it('keeps all weights but the classifier’s for new classes, and those too for classes it has', async () => {
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

  it('goes on after a break, and from a checkpoint, bit for bit', async () => {
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

  it('balances classes by the dataset’s labels, and goes on with the same weights', async () => {
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

  it('trains an auxiliary head, keeps it, and goes on with all options at once bit for bit', async () => {
    const all: Partial<Recipe> = {
      auxiliaryLoss: 0.5,
      dropout: 0.5,
      classWeights: 'balanced',
      hardClasses: ['bright'],
      headLearningRate: 10,
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

  it('reads no labels for what it is told of them', async () => {
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

  it('warns where batch norm has few images', async () => {
    expect((await newTrainer()).warnings[0]).to.match(/^batch norm trains on 2 images at a time/)
    expect((await newTrainer({ freezeBatchNorm: true })).warnings).to.deep.equal([])
    expect((await newTrainer({ batchSize: 8 })).warnings).to.deep.equal([])
    expect((await newTrainer({ batchSize: 8, microBatchSize: 4 })).warnings[0]).to.match(/trains on 4 images/)
  })

  describe('with an image that cannot be read', () => {
    const damage = (photo: number) => truncate(path(`voc/JPEGImages/photo${photo}.jpg`), 300)
    /** The image that is drawn first, and one that is drawn later. */
    const drawn = () => {
      const sampler = new Sampler([0, 1, 2, 3], 0)
      return { first: sampler.at(0), third: sampler.at(2) }
    }

    it('stops and keeps what was learned, so that it can go on once the image is mended', async () => {
      const straight = await newTrainer()
      const expected = losses(await take(straight))

      const { third } = drawn()
      const file = path(`voc/JPEGImages/photo${third}.jpg`)
      const whole = await readFile(file)
      await damage(third)
      const trainer = await newTrainer()
      const steps: TrainingStep[] = []
      const error = await rejects(BadImageError, async () => {
        for await (const step of trainer) steps.push(step)
      })
      expect(error.message).to.match(new RegExp(`photo${third}\\.jpg: damaged or cut short`))
      expect(losses(steps)).to.deep.equal(expected.slice(0, 1))
      expect(trainer.step).to.equal(1)
      await trainer.save(path('stopped'))
      await writeFile(file, whole)
      const resumed = await resume(path('stopped'))
      expect(losses(await take(resumed))).to.deep.equal(expected.slice(1))
      expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
    })

    it('skips it with a warning, and goes on after a stop as if it had never stopped', async () => {
      await damage(drawn().third)
      const warnings: string[] = []
      const skipping = async () =>
        new Trainer(
          await create(),
          await open(),
          { ...QUICK, badImages: 'skip' },
          { onWarning: message => warnings.push(message) },
        )
      const straight = await skipping()
      const expected = losses(await take(straight))
      expect(expected).to.have.length(6)
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(
        /photo\d\.jpg: damaged or cut short .*; training goes on without this image$/,
      )

      const stopped = await skipping()
      await take(stopped, 3)
      await stopped.save(path('checkpoint'))
      const resumed = await resume(path('checkpoint'), { onWarning() {} })
      expect(resumed.recipe.badImages).to.equal('skip')
      expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
      expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
    })

    it('does not draw what a report has problems with', async () => {
      const { first } = drawn()
      await damage(first)
      const report = await checkDataset(await open())
      expect(report.problems.map(({ index }) => index)).to.deep.equal([first])
      const onWarning = (message: string) => expect.fail(message)
      const recipe = { ...QUICK, badImages: 'skip', classWeights: 'balanced' } as const
      const trainer = new Trainer(await create(), await open(), recipe, { report, onWarning })
      await take(trainer)
      await trainer.save(path('checkpoint'))
      const { balance } = JSON.parse(await readFile(path('checkpoint/training.json'), 'utf8'))
      expect(balance.indices).to.deep.equal([0, 1, 2, 3].filter(index => index !== first))
    })
  })

  describe('with a dataset of one’s own', () => {
    /** The photos of the folder, as if they came from elsewhere; their bytes are a part of larger buffers. */
    async function ownDataset(): Promise<Dataset> {
      const files = await open()
      const images = await Promise.all(files.ids.map((_, index) => files.read(index)))
      const inside = (bytes: Uint8Array) => {
        const buffer = new Uint8Array(bytes.length + 100)
        buffer.set(bytes, 50)
        return buffer.subarray(50, 50 + bytes.length)
      }
      return {
        name: 'mine',
        classNames: files.classNames,
        size: files.size,
        ids: files.ids,
        async read(index) {
          const { image, mask, ...labels } = images[index]
          return { ...labels, image: { ...image, data: inside(image.data) }, mask: inside(mask) }
        },
        readLabels: index => files.readLabels(index),
      }
    }

    it('learns what it learns from files of the same pixels, to the bit', async () => {
      const options: Partial<Recipe> = { ...QUICK, classWeights: 'balanced', hardClasses: ['bright'] }
      const ofFiles = new Trainer(await create(), await open(), options)
      const expected = losses(await take(ofFiles))
      const own = new Trainer(await create(), await ownDataset(), options)
      expect(losses(await take(own, 3))).to.deep.equal(expected.slice(0, 3))
      await own.save(path('checkpoint'))
      const resumed = await Trainer.resume(path('checkpoint'), await ownDataset(), { gpu: await testGpu() })
      models.push(resumed.model)
      expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
      expectSameBits(resumed.model.state.parameters, ofFiles.model.state.parameters)
    })

    it('says in a line what is odd about it', async () => {
      const own = await ownDataset()
      const message = async (change: Partial<Dataset>) =>
        (
          await rejects(UserError, async () =>
            take(new Trainer(await create(), { ...own, ...change }, { ...QUICK, steps: 1 })),
          )
        ).message
      expect(await message({ size: 0 })).to.equal('mine: size: expected a whole number above 0, got 0')
      expect(await message({ ids: ['a'] })).to.equal('mine: ids: expected a name for each of 4 images, got 1')
      expect(await message({ classNames: ['a', 'A'] })).to.equal(
        'mine: classes 0 and 1 have the same name, "a"',
      )
      const rgb = {
        read: async (index: number) => {
          const labelled = await own.read(index)
          return { ...labelled, image: { ...labelled.image, data: labelled.image.data.subarray(0, 4320) } }
        },
      }
      expect(await message(rgb)).to.match(
        /^photo\d: image\.data: expected 5760 bytes \(40×36 pixels of RGBA\), got 4320$/,
      )
      const bug = {
        read: async () => {
          throw new TypeError('a bug')
        },
      }
      await rejects(TypeError, async () => take(new Trainer(await create(), { ...own, ...bug }, QUICK)))
    })
  })

  it('ends with the signal’s reason, the model having what was learned, and tells how far it is', async () => {
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

  it('refuses a dataset that the report says is of no use', async () => {
    for (const i of [0, 1, 2, 3])
      await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, [255, 255])
    const [model, dataset] = [await create(), await open()]
    const report = await checkDataset(dataset)
    expect(() => new Trainer(model, dataset, QUICK, { report })).to.throw(
      UserError,
      'only the values 0 and 255',
    )
  })

  describe('refuses, in a line,', () => {
    it('a recipe that makes no sense', async () => {
      const wrong: [Partial<Recipe>, string][] = [
        [{ steps: 0 }, 'steps: expected a whole number above 0, got 0'],
        [{ size: 0.5 }, 'size: expected a whole number above 0, got 0.5'],
        [{ learningRate: Number.NaN }, 'learningRate: expected a number above 0, got NaN'],
        [
          { batchSize: 6, microBatchSize: 4 },
          'microBatchSize: expected a divisor of the batch size 6, got 4',
        ],
        [{ activationBudget: 0 }, 'activationBudget: expected a number of MiB above 0, got 0'],
        [{ scales: [2, 1] }, 'scales: expected two factors above 0, the smaller first, got 2,1'],
        [{ seed: -1 }, 'seed: expected a whole number of up to 32 bits, got -1'],
        [{ classWeights: [1, 2, 3] }, 'classWeights: expected a weight for each of the 2 classes, got 3'],
        ...[
          [1, -1],
          [0, 0],
          [Number.NaN, 1],
        ].map((weights): [Partial<Recipe>, string] => [
          { classWeights: weights },
          `classWeights: expected balanced, or numbers from 0 up that are not all 0, got ${weights}`,
        ]),
        [{ hardClasses: ['sofa'] }, 'there is no class "sofa"; the classes are dark, bright'],
        [{ dropout: 1 }, 'dropout: expected a share from 0 to below 1, got 1'],
        [{ auxiliaryLoss: -1 }, 'auxiliaryLoss: expected a weight from 0 up, got -1'],
        [{ badImages: 'mend' as 'skip' }, 'badImages: expected stop or skip; got "mend"'],
        [{ outputStride: 12 }, 'outputStride: expected 8, 16, 32; got 12'],
      ]
      for (const [options, message] of wrong)
        expect((await rejects(UserError, () => newTrainer(options))).message).to.equal(message)
    })

    it('an auxiliary loss for a network without that head', async () => {
      const model = await create({ backbone: 'mobilenet_v2', depthMultiplier: 0.1, classes: 2 })
      const dataset = await open()
      expect(() => new Trainer(model, dataset, { auxiliaryLoss: 0.5 })).to.throw(
        UserError,
        'auxiliaryLoss: only ResNets have an auxiliary head, not mobilenet_v2',
      )
    })

    it('a mask of another size, and a class that there is not', async () => {
      for (const i of [0, 1, 2, 3]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, 2)
      const odd = await rejects(UserError, async () => take(await newTrainer()))
      expect(odd.message).to.match(/^photo\d: holds class 2, but the last of the 2 classes is 1$/)
      for (const i of [0, 1, 2, 3]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 9, 9, 1)
      const size = await rejects(UserError, async () => take(await newTrainer()))
      expect(size.message).to.match(/photo\d\.jpg: 40×36 pixels, but .*photo\d\.png 9×9$/)
    })

    it('a loss that is no number: it names step and checkpoint, and has the weights of then', async () => {
      const trainer = await newTrainer({ learningRate: 1e30 })
      const error = await rejects(UserError, async () => {
        for await (const { step } of trainer) if (step === 1) await trainer.save(path('good'))
      })
      expect(error.message).to.match(/^step \d: the loss is .*; the last good checkpoint is .*good$/)
      expect(trainer.step).to.equal(1)
      const kept = await DeepLab.load(path('good'), { gpu: await testGpu() })
      models.push(kept)
      expectSameBits(trainer.model.state.parameters, kept.state.parameters)
    })

    it('a damaged checkpoint, or one of another dataset', async () => {
      const trainer = await newTrainer({ steps: 1 })
      await take(trainer)
      const save = () => trainer.save(path('checkpoint'))
      const message = async () => (await rejects(UserError, () => resume(path('checkpoint')))).message
      await save()
      await truncate(path('checkpoint/training.safetensors'), 5000)
      expect(await message()).to.contain('training.safetensors: safetensors: ')
      await save()
      await truncate(path('checkpoint/model.safetensors'), 9000)
      expect(await message()).to.contain('model.safetensors: safetensors: ')
      await save()
      await writeFile(path('checkpoint/training.json'), '{"format": 1, "st')
      expect(await message()).to.match(/training\.json: not JSON, or cut short$/)
      await save()
      await writeHalves(path('voc'), 5)
      expect(await message()).to.contain('is another dataset')
    })

    it('to go on without its GPU', async () => {
      const gpu = await openGpu()
      const model = await DeepLab.create(TINY, { gpu })
      const trainer = new Trainer(model, await open(), QUICK)
      await rejects(DeviceLostError, async () => {
        for await (const _ of trainer) gpu.destroy()
      })
    })
  })

  it('frees what it held on the GPU', async () => {
    const trainer = await newTrainer({ steps: 1 })
    const { memory } = await testGpu()
    await take(trainer)
    expect((await testGpu()).memory.buffers).to.equal(memory.buffers)
  })
})
