// Learning from photos without labels: the parts on the CPU, and the steps of a run.

import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { cutMix, type MixBox, mixBoxes } from '../../src/train/cut_mix.ts'
import type { TrainingBatch } from '../../src/train/micro_batches.ts'
import { taughtBatch, type UnlabelledBatch } from '../../src/train/taught_batch.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { noise, SHORT_RUN, smallResNet } from './short_networks.ts'
import { expectSameState } from './short_run.ts'

describe('CutMix', () => {
  it('draws rectangles inside the crop for half of the images, of UniMatch’s areas and ratios', () => {
    const cropSize = 200
    const boxes = mixBoxes({ seed: 1, step: 2, images: 3000, cropSize })
    const drawn = boxes.filter((box): box is MixBox => box !== null)
    expect(drawn.length / boxes.length).to.be.closeTo(0.5, 0.03)
    for (const { left, top, width, height } of drawn) {
      expect(left + width).to.be.at.most(cropSize)
      expect(top + height).to.be.at.most(cropSize)
      expect(Math.min(left, top)).to.be.at.least(0)
    }
    const areas = drawn.map(({ width, height }) => (width * height) / cropSize ** 2)
    expect(Math.min(...areas)).to.be.within(0.018, 0.03)
    expect(Math.max(...areas)).to.be.within(0.35, 0.4)
    const ratios = drawn.map(({ width, height }) => height / width)
    expect(Math.min(...ratios)).to.be.within(0.28, 0.5)
    expect(Math.max(...ratios)).to.be.within(2.5, 3.5)
  })

  it('gives the same rectangles for a seed and a step, and others for others', () => {
    const boxes = (seed: number, step: number) => mixBoxes({ seed, step, images: 6, cropSize: 65 })
    expect(boxes(1, 2)).to.deep.equal(boxes(1, 2))
    expect(boxes(1, 2)).to.not.deep.equal(boxes(2, 2))
    expect(boxes(1, 2)).to.not.deep.equal(boxes(1, 3))
  })

  it('draws rectangles for crops of any size', () => {
    for (const cropSize of [1, 2, 5])
      expect(mixBoxes({ seed: 1, step: 0, images: 20, cropSize })).to.have.length(20)
  })

  it('copies a rectangle from the next image, and for the last from the first as it was', () => {
    const images = Uint8Array.from({ length: 3 * 16 }, (_, i) => Math.floor(i / 16) * 100 + (i % 16))
    const box = { left: 1, top: 0, width: 2, height: 2 }
    cutMix(images, [box, null, box], { cropSize: 4, bytes: 1 })
    const plain = (image: number) => Array.from({ length: 16 }, (_, i) => image * 100 + i)
    const mixed = (image: number, from: number) =>
      plain(image).map((value, i) => ([1, 2, 5, 6].includes(i) ? from * 100 + i : value))
    expect([...images]).to.deep.equal([...mixed(0, 1), ...plain(1), ...mixed(2, 0)])
  })

  it('mixes labels as it mixes images, counts the pixels of photos, and labels nothing outside them', () => {
    const pixels = 16
    const outside = Uint8Array.from({ length: 2 * pixels }, (_, i) =>
      i >= pixels && i % 4 === 3 ? IGNORE_INDEX : 0,
    )
    const sure = Uint8Array.from({ length: 2 * pixels }, (_, i) =>
      i % 5 === 0 ? IGNORE_INDEX : i < pixels ? 1 : 2,
    )
    const strong = Uint8Array.from({ length: 2 * pixels * 4 }, (_, i) => (i < pixels * 4 ? 10 : 20))
    const boxes = [{ left: 2, top: 1, width: 2, height: 3 }, null]
    const batch = { images: strong, strong, labels: outside, boxes }
    const { images, labels, pixels: counted } = taughtBatch(batch, sure, 4)
    const isMixed = (i: number) => i < pixels && i % 4 >= 2 && i >= 4
    let inside = 0
    for (let i = 0; i < 2 * pixels; i++) {
      const source = isMixed(i) ? i + pixels : i
      expect(images[i * 4], `pixel ${i}`).to.equal(source < pixels ? 10 : 20)
      expect(labels[i], `label ${i}`).to.equal(outside[source] === IGNORE_INDEX ? IGNORE_INDEX : sure[source])
      if (outside[source] !== IGNORE_INDEX) inside++
    }
    expect(counted).to.equal(inside)
    expect(
      strong.every((value, i) => value === (i < pixels * 4 ? 10 : 20)),
      'the batch stays as it is',
    ).to.equal(true)
  })
})

const CROP = 65
const NONE = [null, null]
/** Of about half of the pixels, the network is surer at the start. */
const SURE = 0.9
const PLAIN = { dropout: 0 }

/** Strong views that are the images themselves, without rectangles. */
function unlabelledNoise(seed: number, boxes: UnlabelledBatch['boxes'] = NONE): UnlabelledBatch {
  const { images } = noise(2, { seed })
  return { images, strong: images, labels: new Uint8Array(2 * CROP ** 2), boxes }
}

interface Options {
  dropout?: number
  weight?: number
  confidence?: number
  microBatchSize?: number
  freezeBatchNorm?: boolean
  lovaszLoss?: number
  diceLoss?: number
}

describe('a run with unlabelled photos', () => {
  const config = deepLabConfig(smallResNet)
  const batches = [1, 2, 3].map(
    (seed): TrainingBatch => ({
      ...noise(2, { seed }),
      unlabelled: unlabelledNoise(10 + seed, [null, { left: 5, top: 9, width: 30, height: 20 }]),
    }),
  )

  async function train(
    some: readonly TrainingBatch[],
    {
      weight = 1,
      confidence = SURE,
      dropout = 0.3,
      microBatchSize = 2,
      freezeBatchNorm = true,
      ...from
    }: Options & {
      parameters?: ReadonlyMap<string, Float32Array>
      velocities?: ReadonlyMap<string, Float32Array>
      step?: number
    } = {},
  ) {
    const { parameters = initialWeights(config, 1), ...start } = from
    const network = { config, preprocessing: IMAGENET, parameters }
    const run = await TrainingRun.create(await testGpu(), network, {
      ...SHORT_RUN,
      dropout,
      microBatchSize,
      freezeBatchNorm,
      unlabelled: { weight, confidence },
      ...start,
    })
    try {
      const losses: number[] = []
      const parts = []
      for (const batch of some) {
        losses.push(await run.step(batch, 0.05))
        parts.push(run.unlabelledPart!)
      }
      return { losses, parts, state: await run.state() }
    } finally {
      await run.destroy()
    }
  }

  it('adds their loss by its weight, and says of how many pixels the network is sure', async () => {
    const [none, one, two] = [
      await train(batches.slice(0, 1), { weight: 0 }),
      await train(batches.slice(0, 1)),
      await train(batches.slice(0, 1), { weight: 2 }),
    ]
    const [{ loss, confident }] = one.parts
    expect(confident).to.be.within(0.05, 0.95)
    expect(loss).to.be.above(0)
    expect(one.losses[0]).to.be.closeTo(none.losses[0] + loss, 1e-6)
    expect(two.losses[0]).to.be.closeTo(none.losses[0] + 2 * loss, 1e-6)
    const change = ({ state }: typeof one, name: string) =>
      state.velocities.get(name)!.map((value, i) => value - none.state.velocities.get(name)![i])
    const name = 'classifier.4.weight'
    const [once, twice] = [change(one, name), change(two, name)]
    expect(Math.hypot(...once)).to.be.above(1e-3)
    for (const [i, value] of once.entries()) expect(twice[i]).to.be.closeTo(2 * value, 1e-5)
  })

  it('learns nothing from them if the network is not sure of a pixel: as without them', async () => {
    const { losses, parts, state } = await train(batches, { confidence: 1 })
    expect(parts.map(({ confident }) => confident)).to.deep.equal([0, 0, 0])
    const weightless = await train(batches, { weight: 0, confidence: 1 })
    expect(losses).to.deep.equal(weightless.losses)
    expectSameState(state, weightless.state)
  })

  for (const loss of ['lovaszLoss', 'diceLoss'] as const)
    it(`learns from them by the cross entropy alone, whatever ${loss} is`, async () => {
      const none = new Uint8Array(2 * CROP ** 2).fill(IGNORE_INDEX)
      const unlabelledAlone = batches.map(batch => ({ ...batch, labels: none }))
      const { losses, parts, state } = await train(unlabelledAlone, { [loss]: 0.5 })
      const plain = await train(unlabelledAlone)
      expect(losses[0]).to.be.above(0)
      expect(losses).to.deep.equal(plain.losses)
      expect(parts).to.deep.equal(plain.parts)
      expectSameState(state, plain.state)
      const both = [await train(batches, { [loss]: 0.5 }), await train(batches)]
      expect(both[0].losses[0], 'of labelled photos, too').to.be.above(both[1].losses[0])
    })

  it('gives the results of whole batches in micro-batches', async () => {
    const [whole, parts] = [
      await train(batches, PLAIN),
      await train(batches, { ...PLAIN, microBatchSize: 1 }),
    ]
    for (const [i, loss] of whole.losses.entries()) {
      expect(parts.losses[i] / loss, `loss of step ${i + 1}`).to.be.closeTo(1, 1e-4)
      expect(parts.parts[i].confident).to.be.closeTo(whole.parts[i].confident, 1e-3)
    }
  })

  for (const [name, options] of [
    ['frozen batch norm', {}],
    ['batch norm that learns', { freezeBatchNorm: false }],
    ['micro-batches', { microBatchSize: 1 }],
  ] as const)
    it(`resumes bit for bit, with ${name}`, async () => {
      const straight = await train(batches, options)
      const { state, ...first } = await train(batches.slice(0, 1), options)
      const rest = await train(batches.slice(1), { ...options, ...state, step: 1 })
      expect([...first.losses, ...rest.losses]).to.deep.equal(straight.losses)
      expect([...first.parts, ...rest.parts]).to.deep.equal(straight.parts)
      expectSameState(rest.state, straight.state)
    })

  it('leaves a step undone if the signal is aborted before it', async () => {
    const network = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 1) }
    const unlabelled = { weight: 1, confidence: 0.5 }
    const run = await TrainingRun.create(await testGpu(), network, { ...SHORT_RUN, unlabelled })
    try {
      const reason = new Error('enough')
      await run.step(batches[0], 0.05, AbortSignal.abort(reason)).then(
        () => expect.fail('the step is done'),
        error => expect(error).to.equal(reason),
      )
      const { parameters } = await run.state()
      expectSameBits(parameters, network.parameters)
      const { message } = await rejects(Error, () => run.step({ ...batches[0], unlabelled: undefined }, 0.05))
      expect(message).to.equal('the batch has no unlabelled photos')
    } finally {
      await run.destroy()
    }
  })
})
