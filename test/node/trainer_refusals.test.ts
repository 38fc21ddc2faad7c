import { truncate, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { DeviceLostError } from '../../src/gpu/errors.ts'
import { DeepLab, openGpu } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { writeHalves } from './halves_dataset.ts'
import { writeLabels } from './tiny_dataset.ts'
import { TINY } from './tiny_model.ts'
import { QUICK, take, useTrainers } from './trainer_support.ts'

describe('Trainer', () => {
  const { path, open, own, create, newTrainer, resume } = useTrainers()

  describe('refuses, in one line,', () => {
    it('an invalid recipe', async () => {
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
        [{ rotation: 181 }, 'rotation: expected degrees from 0 to 180, got 181'],
        ...[2, [1, 1, 1, 0.6], [-1, 0, 0, 0]].map((colourJitter): [Partial<Recipe>, string] => [
          { colourJitter: colourJitter as Recipe['colourJitter'] },
          `colourJitter: expected a strength from 0 to 1, or four from 0 up, that of the hue at most 0.5, got ${colourJitter}`,
        ]),
        [{ confidence: 1.5 }, 'confidence: expected a number from 0 to 1, got 1.5'],
        [{ unlabelledWeight: -1 }, 'unlabelledWeight: expected a weight from 0 up, got -1'],
        [{ blur: 1.5 }, 'blur: expected a share from 0 to 1, got 1.5'],
        [{ optimizer: 'adam' as 'adamw' }, 'optimizer: expected sgd or adamw; got "adam"'],
        [{ warmUpSteps: 0.5 }, 'warmUpSteps: expected a whole number from 0 up, got 0.5'],
        [{ averageDecay: 1 }, 'averageDecay: expected a share from 0 to below 1, got 1'],
        [{ backboneLearningRate: -1 }, 'backboneLearningRate: expected a number from 0 up, got -1'],
        [{ recipe: 'large' as 'paper' }, 'recipe: expected paper or small-data; got "large"'],
        [{ dropout: 1 }, 'dropout: expected a share from 0 to below 1, got 1'],
        [{ labelSmoothing: 1 }, 'labelSmoothing: expected a share from 0 to below 1, got 1'],
        [{ hardPixels: 0 }, 'hardPixels: expected a share above 0, up to 1, got 0'],
        [{ diceLoss: -1 }, 'diceLoss: expected a weight from 0 up, got -1'],
        [{ lovaszLoss: -0.1 }, 'lovaszLoss: expected a weight from 0 up, got -0.1'],
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
        'auxiliaryLoss: only resnet18 and resnet34 and resnet50 and resnet101 have an auxiliary head, not mobilenet_v2',
      )
    })

    it('a mask of another size, and an unknown class', async () => {
      for (const i of [0, 1, 2, 3]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, 2)
      const odd = await rejects(UserError, async () => take(await newTrainer()))
      expect(odd.message).to.match(/^photo\d: holds class 2, but the last of the 2 classes is 1$/)
      for (const i of [0, 1, 2, 3]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 9, 9, 1)
      const size = await rejects(UserError, async () => take(await newTrainer()))
      expect(size.message).to.match(/photo\d\.jpg: 40×36 pixels, but .*photo\d\.png 9×9$/)
    })

    it('a loss that grows without end: the error names step and checkpoint, and the model has the checkpoint’s weights', async () => {
      const trainer = await newTrainer({ learningRate: 3, freezeBatchNorm: true, steps: 6 })
      const error = await rejects(UserError, async () => {
        for await (const { step } of trainer) if (step === 1) await trainer.save(path('good'))
      })
      expect(error.message).to.match(
        /^step \d: the loss is .*: try a smaller learning rate than 3; the last good checkpoint is .*good$/,
      )
      expect(trainer.step).to.equal(1)
      const kept = own(await DeepLab.load(path('good'), { gpu: await testGpu() }))
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

    it('to continue without its GPU', async () => {
      const gpu = await openGpu()
      const model = await DeepLab.create(TINY, { gpu })
      const trainer = new Trainer(model, await open(), QUICK)
      await rejects(DeviceLostError, async () => {
        for await (const _ of trainer) gpu.destroy()
      })
    })
  })
})
