// FCN and DeepLab on VGG-16 where they differ from the other networks: their upsampling is fixed, FCN's logits have the image's size,
// and FCN is one part.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { Segmenter } from '../../src/inference/segmenter.ts'
import { modelFiles, readModel } from '../../src/library/model_files.ts'
import { bilinearKernel } from '../../src/model/backbones/vgg16_graph.ts'
import { withAddedClass, withNewClassifier, withoutClass } from '../../src/model/classifier.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights, networkParameters } from '../../src/model/initial_weights.ts'
import type { NetworkPart } from '../../src/model/parts.ts'
import { CAFFE, IMAGENET } from '../../src/model/preprocessing.ts'
import { Lesson } from '../../src/teach/lesson.ts'
import { learnedParameters } from '../../src/train/learned_parameters.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { noise, SHORT_RUN } from '../train/short_networks.ts'

const FCN: DeepLabOptions = { backbone: 'vgg16', head: 'fcn8s', outputStride: 32, width: 1 / 16, classes: 5 }
const ASPP: DeepLabOptions = { backbone: 'vgg16', rates: [6, 12], width: 1 / 16, classes: 5 }

const CLASSES = ['sky', 'sea', 'boat', 'bird', 'cloud']
const UPSAMPLING = ['upscore2.weight', 'upscore_pool4.weight', 'upscore8.weight']

function model(options: DeepLabOptions) {
  const config = deepLabConfig(options)
  const untrained = { config, classNames: CLASSES, preprocessing: { ...IMAGENET, size: 65 } }
  const parameters = initialWeights(config, 1)
  return withNewClassifier({ ...untrained, parameters }, { classes: 5, seed: 2 })
}

describe('the upsampling of FCN', () => {
  it('begins as bilinear interpolation of each class', () => {
    const kernel = bilinearKernel([2, 2, 4, 4])
    const along = [0.25, 0.75, 0.75, 0.25]
    const one = along.flatMap(y => along.map(x => y * x))
    const none = one.map(() => 0)
    expect([...kernel]).to.deep.equal([...one, ...none, ...none, ...one])
    for (const name of UPSAMPLING) {
      const { shape } = networkParameters(deepLabConfig(FCN)).find(each => each.name === name)!
      expect(model(FCN).parameters.get(name)).to.deep.equal(bilinearKernel(shape))
    }
  })

  it('stays so where classes come and go', () => {
    const more = withAddedClass(model(FCN), 'ship')
    const fewer = withoutClass(model(FCN), 1)
    for (const { config, parameters } of [more, fewer])
      for (const { name, shape } of networkParameters(config)) {
        const values = parameters.get(name)!
        expect(values.length, name).to.equal(shape.reduce((a, b) => a * b))
        if (UPSAMPLING.includes(name)) expect(values).to.deep.equal(bilinearKernel(shape))
      }
    expect(networkParameters(more.config).find(({ name }) => name === 'upscore8.weight')!.shape[1]).to.equal(
      6,
    )
  })

  it('does not learn, and all else does', async () => {
    const before = model(FCN)
    const options = { ...SHORT_RUN, cropSize: 33, outputStride: 32 }
    const run = await TrainingRun.create(await testGpu(), before, options)
    const batch = noise(2, { cropSize: 33 })
    try {
      const losses = [await run.step(batch, 0.05), await run.step(batch, 0.05)]
      expect(losses[0]).to.be.closeTo(Math.log(5), 0.1)
      const { parameters, velocities } = await run.state()
      const learned = learnedParameters(before.config, { auxiliaryLoss: 0 }).map(({ name }) => name)
      expect([...velocities.keys()]).to.have.members(learned)
      for (const [name, values] of parameters)
        expect(
          values.some((value, i) => value !== before.parameters.get(name)![i]),
          name,
        ).to.equal(!UPSAMPLING.includes(name))
    } finally {
      await run.destroy()
    }
  })
})

describe('the files of a VGG-16', () => {
  for (const preprocessing of [CAFFE, IMAGENET])
    it(`keep the order of the channels: ${preprocessing.channels ?? 'rgb'}`, async () => {
      const before = { ...model(FCN), preprocessing }
      const files = modelFiles(before)
      const after = await readModel({
        stateDict: readSafetensors(files.get('model.safetensors') as Uint8Array),
        config: JSON.parse(files.get('config.json') as string),
        source: 'model.safetensors',
      })
      expect(after.preprocessing).to.deep.equal(preprocessing)
      expect(after.config).to.deep.equal(before.config)
      expectSameBits(after.parameters, before.parameters)
    })
})

describe('masks of VGG-16', () => {
  for (const [name, options, size] of [
    ['FCN, whose logits have the size of the image', FCN, [49, 65]],
    ['ASPP by sum', ASPP, [7, 9]],
  ] as const)
    it(name, async () => {
      const segmenter = new Segmenter(await testGpu(), model(options))
      const photo = blocksPhoto(80, 60)
      try {
        const [{ mask, scores }] = await segmenter.segment([photo], { output: 'logits', at: 'network' })
        expect([scores!.height, scores!.width]).to.deep.equal(size)
        expect(mask.length).to.equal(80 * 60)
        const [averaged] = await segmenter.segment([photo], { scales: [0.5, 1], flip: true })
        expect(averaged.mask.length).to.equal(80 * 60)
      } finally {
        await segmenter.dispose()
      }
    })
})

describe('a lesson on VGG-16', () => {
  async function lossesOf(options: DeepLabOptions, part: NetworkPart): Promise<number[]> {
    const lesson = await Lesson.create(await testGpu(), model(options), { part, rehearsal: 0 })
    const losses: number[] = []
    try {
      await lesson.setPhoto('photo', blocksPhoto(80, 60))
      const labels = new Uint8Array(80 * 60).fill(255)
      await lesson.setLabels('photo', labels.fill(0, 800, 880).fill(1, 3200, 3280))
      for await (const { loss } of lesson.train({ steps: 40, learningRate: part === 'network' ? 0.01 : 0.1 }))
        losses.push(loss)
    } finally {
      await lesson.dispose()
    }
    return losses
  }

  for (const [name, options, part] of [
    ['FCN', FCN, 'network'],
    ['ASPP', ASPP, 'head'],
    ['ASPP', ASPP, 'classifier'],
  ] as const)
    it(`learns strokes: ${name}, ${part}`, async () => {
      const losses = await lossesOf(options, part)
      expect(losses.at(-1)! / losses[0]).to.be.below(0.9)
    })

  it('trains no part of FCN, whose skip connections go past each cut', async () => {
    const { message } = await rejects(UserError, () => lossesOf(FCN, 'head'))
    expect(message).to.equal('part: expected network, since this one has skip connections; got head')
  })
})
