import { mkdir, rename, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Photos } from '../../src/data/dataset.ts'
import { BadImageError, UserError } from '../../src/errors.ts'
import type { TrainerOptions } from '../../src/library/trainer_base.ts'
import { evaluate, openDataset, openPhotos } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { writeHalves } from './halves_dataset.ts'
import { writeText } from './tiny_dataset.ts'
import { losses, QUICK, take, useTrainers } from './trainer_support.ts'

describe('Trainer with photos without masks', () => {
  const { path, open, create, resume } = useTrainers()
  // A tiny network is never as sure as a real one.
  const recipe: Partial<Recipe> = { ...QUICK, confidence: 0.6, freezeBatchNorm: true }

  beforeEach(async () => {
    await writeHalves(path('more'), 6)
    await rename(path('more/JPEGImages'), path('photos'))
  })

  const photos = () => openPhotos(path('photos'))

  async function newTrainer(options: Partial<Recipe> = {}, more: TrainerOptions = {}): Promise<Trainer> {
    return new Trainer(
      await create(),
      await open(),
      { ...recipe, ...options },
      { unlabelled: await photos(), ...more },
    )
  }

  it('learns from both, and says of how much it is sure', async () => {
    const trainer = await newTrainer({ steps: 60, learningRate: 0.01 })
    const steps = await take(trainer)
    for (const { loss, unlabelledLoss, confident } of steps) {
      expect(confident).to.be.within(0, 1)
      expect(unlabelledLoss).to.be.within(0, loss)
    }
    expect(steps[0].confident).to.be.below(0.5)
    expect(steps.at(-1)!.confident).to.be.above(0.5)
    const { mIoU } = await evaluate(trainer.model, await open())
    expect(mIoU).to.be.above(0.65)
  })

  it('keeps order and crops of the labelled photos', async () => {
    const plain = new Trainer(await create(), await open(), recipe)
    const expected = losses(await take(plain))
    expect(losses(await take(await newTrainer({ unlabelledWeight: 0 })))).to.deep.equal(expected)
    expect(losses(await take(await newTrainer()))).to.not.deep.equal(expected)
  })

  it('resumes bit for bit, in micro-batches and with all changes of images', async () => {
    const all: Partial<Recipe> = { microBatchSize: 1, rotation: 20, colourJitter: 0.4, dropout: 0.2 }
    const straight = await newTrainer(all)
    const expected = await take(straight)
    const stopped = await newTrainer(all)
    await take(stopped, 3)
    await stopped.save(path('checkpoint'))
    const resumed = await resume(path('checkpoint'), { unlabelled: await photos() })
    const rest = await take(resumed)
    const compared = (steps: typeof rest) => steps.map(({ imagesPerSecond: _, ...step }) => step)
    expect(compared(rest)).to.deep.equal(compared(expected).slice(3))
    expectSameBits(resumed.model.state.parameters, straight.model.state.parameters)
    for (const [unlabelled, message] of [
      [undefined, 'trained with 6 unlabelled photos, not without any'],
      [
        await openDataset(`voc:${path('voc')}`, { split: 'train' }),
        'trained with 6 unlabelled photos, not 4',
      ],
    ] as const) {
      const error = await rejects(UserError, () => resume(path('checkpoint'), { unlabelled }))
      expect(error.message).to.equal(`${path('checkpoint')}: ${message}`)
    }
  })

  it('takes the photos of a folder, of a dataset whose masks are missing, and the caller’s, alike', async () => {
    const expected = losses(await take(await newTrainer()))
    const files = await photos()
    const own: Photos = {
      name: 'own',
      size: files.size,
      ids: files.ids,
      read: index => files.read(index),
    }
    await mkdir(path('voc2/ImageSets/Segmentation'), { recursive: true })
    await rename(path('photos'), path('voc2/JPEGImages'))
    await writeText(path('voc2/ImageSets/Segmentation/more.txt'), ...files.ids.map(id => id.slice(0, -4)))
    const dataset = await openDataset(`voc:${path('voc2')}`, { split: 'more' })
    expect(losses(await take(await newTrainerWith(dataset)))).to.deep.equal(expected)
    await rename(path('voc2/JPEGImages'), path('photos'))
    expect(losses(await take(await newTrainerWith(own)))).to.deep.equal(expected)
  })

  const newTrainerWith = async (unlabelled: Photos) =>
    new Trainer(await create(), await open(), recipe, { unlabelled })

  it('stops at a damaged photo, or goes on without it', async () => {
    await writeFile(path('photos/photo2.jpg'), 'no photo')
    const error = await rejects(BadImageError, async () => take(await newTrainer()))
    expect(error.message).to.match(/photo2\.jpg: /)
    const warnings: string[] = []
    const onWarning = (message: string) => warnings.push(message)
    const steps = await take(await newTrainer({ badImages: 'skip' }, { onWarning }))
    expect(steps).to.have.length(6)
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/photo2\.jpg: .*; training goes on without this image$/)
  })

  it('refuses a folder without photos, and photos that are none, in one line', async () => {
    await mkdir(path('empty'))
    await writeText(path('empty/notes.txt'), 'no photo')
    const { message } = await rejects(UserError, () => openPhotos(path('empty')))
    expect(message).to.equal(`${path('empty')}: there are no photos`)
    expect((await rejects(UserError, () => openPhotos(path('nowhere')))).message).to.match(
      /no such file or folder$/,
    )
    const none = { name: 'mine', size: 0, ids: [], read: async () => expect.fail('reads') }
    const error = await rejects(UserError, () => newTrainerWith(none))
    expect(error.message).to.equal('mine: size: expected a whole number above 0, got 0')
  })
})
