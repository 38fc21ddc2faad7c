import { readFile, truncate, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Dataset } from '../../src/data/dataset.ts'
import { BadImageError, UserError } from '../../src/errors.ts'
import type { TrainingStep } from '../../src/library/trainer_base.ts'
import { checkDataset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { writeLabels } from './tiny_dataset.ts'
import { losses, QUICK, take, useTrainers } from './trainer_support.ts'

describe('Trainer', () => {
  const { path, open, create, newTrainer, resume } = useTrainers()

  describe('with an image that cannot be read', () => {
    const damage = (photo: number) => truncate(path(`voc/JPEGImages/photo${photo}.jpg`), 300)
    /** The image drawn first, and one drawn later. */
    const drawn = () => {
      const sampler = new Sampler([0, 1, 2, 3], 0)
      return { first: sampler.at(0), third: sampler.at(2) }
    }

    it('stops and keeps the learned weights, and can resume after the image is repaired', async () => {
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

    it('skips it with a warning, and resumes with the results of an uninterrupted run', async () => {
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

    it('does not draw images with problems in the report', async () => {
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

  describe('with a custom dataset', () => {
    /** The photos of the folder, as if they came from elsewhere; their bytes are parts of larger buffers. */
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

    it('learns the same weights as from files with the same pixels, to the bit', async () => {
      const options: Partial<Recipe> = { ...QUICK, classWeights: 'balanced', hardClasses: ['bright'] }
      const ofFiles = new Trainer(await create(), await open(), options)
      const expected = losses(await take(ofFiles))
      const own = new Trainer(await create(), await ownDataset(), options)
      expect(losses(await take(own, 3))).to.deep.equal(expected.slice(0, 3))
      await own.save(path('checkpoint'))
      const resumed = await resume(path('checkpoint'), {}, await ownDataset())
      expect(losses(await take(resumed))).to.deep.equal(expected.slice(3))
      expectSameBits(resumed.model.state.parameters, ofFiles.model.state.parameters)
    })

    it('reports its errors in one line', async () => {
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

  it('refuses a dataset that is useless according to the report', async () => {
    for (const i of [0, 1, 2, 3])
      await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, [255, 255])
    const [model, dataset] = [await create(), await open()]
    const report = await checkDataset(dataset)
    expect(() => new Trainer(model, dataset, QUICK, { report })).to.throw(
      UserError,
      'only the values 0 and 255',
    )
  })
})
