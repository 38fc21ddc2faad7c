import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { ParameterArena } from '../../src/graph/runtime/parameter_arena.ts'
import { DeepLab, openDataset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { writeHalves } from './halves_dataset.ts'
import { useTemporaryFolder } from './support.ts'
import { TINY } from './tiny_model.ts'

describe('a training checkpoint', () => {
  const path = useTemporaryFolder()
  let model: DeepLab
  beforeEach(async () => {
    await writeHalves(path('voc'))
    model = await DeepLab.create(TINY, { gpu: await testGpu() })
  })
  afterEach(() => model.dispose())

  const trainer = async (learningRate: number) =>
    new Trainer(model, await openDataset(`voc:${path('voc')}`, { split: 'train' }), {
      ...{ steps: 6, batchSize: 2, size: 33, cropSize: 33, freezeBatchNorm: true, learningRate },
    })

  it('named in the error of a diverged run has finite weights and velocities, and is none of those that gave the loss', async () => {
    const diverging = await trainer(3)
    const error = await rejects(UserError, async () => {
      for await (const { step } of diverging) await diverging.save(path(`step-${step}`))
    })
    const [, step, named] = /^step (\d): the loss is .*; the last good checkpoint is (.*)$/.exec(
      error.message,
    )!
    expect(named).to.equal(path(`step-${Number(step) - 2}`))
    expect(existsSync(path(`step-${Number(step) - 1}`)), 'of the weights that gave the loss').to.equal(true)
    for (const name of ['model.safetensors', 'training.safetensors'])
      for (const [tensor, { data }] of readSafetensors(await readFile(`${named}/${name}`)))
        expect((data as Float32Array).every(Number.isFinite), `${name}: ${tensor}`).to.equal(true)
  })

  it('is not named if its weights gave the loss that ended the run', async () => {
    const diverging = await trainer(3)
    const error = await rejects(UserError, async () => {
      for await (const _ of diverging) await diverging.save(path('checkpoint'))
    })
    expect(error.message).to.match(/^step \d: the loss is .*: try a smaller learning rate than 3$/)
  })

  it('is not written if a velocity is not finite', async () => {
    const { readVelocities } = ParameterArena.prototype
    ParameterArena.prototype.readVelocities = async function () {
      const found = await readVelocities.call(this)
      found.get('classifier.4.bias')![0] = Number.POSITIVE_INFINITY
      return found
    }
    try {
      const run = await trainer(0.01)
      const error = await rejects(UserError, async () => {
        for await (const _ of run) await run.save(path('checkpoint'))
      })
      expect(error.message).to.equal(
        'step 1: the velocity of classifier.4.bias holds values that are not numbers: try a smaller learning rate',
      )
    } finally {
      ParameterArena.prototype.readVelocities = readVelocities
    }
    expect(existsSync(path('checkpoint'))).to.equal(false)
  })

  it('replaces no config.json of another program unless it may', async () => {
    const run = await trainer(0.01)
    await mkdir(path('app'))
    await writeFile(path('app/config.json'), '{"port":3000}')
    for await (const _ of run) break
    expect((await rejects(UserError, () => run.save(path('app')))).message).to.include('is of no saved model')
    expect(await readdir(path('app'))).to.deep.equal(['config.json'])
    await run.save(path('app'), { overwrite: true })
    expect(await readdir(path('app'))).to.include('training.json')
  })

  it('replaces another checkpoint and keeps other files', async () => {
    const run = await trainer(0.01)
    for await (const { step } of run) {
      await run.save(path('last/'))
      if (step === 1) await writeFile(path('last/notes.txt'), 'of the user')
      if (step === 2) break
    }
    expect((await readdir(path('last'))).sort()).to.deep.equal([
      ...['config.json', 'model.safetensors', 'notes.txt', 'training.json', 'training.safetensors'],
    ])
    const { step } = JSON.parse(await readFile(path('last/training.json'), 'utf8'))
    expect(step).to.equal(2)
  })
})
