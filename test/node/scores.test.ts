// The probabilities and logits of `segment`.

import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type ClassScores, DeepLab, readImage } from '../../src/node/index.ts'
import { accumulateProbabilities } from '../reference/accumulate_probabilities.ts'
import { type Array4, zeros } from '../reference/array4.ts'
import { expectClasses, expectClose } from '../reference/compare.ts'
import { resize } from '../reference/resize.ts'
import { softmax } from '../reference/softmax.ts'
import { upsampleArgmax } from '../reference/upsample_argmax.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { relativeError } from '../support/run_graph.ts'
import { networkLogits } from './network_logits.ts'
import { readNpy } from './npy.ts'
import { sharedFile } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const CHECKPOINT = 'checkpoints/deeplabv3_mobilenet_v2_1.0_513'
const PHOTO_SIZE = { height: 70, width: 90, alignCorners: false }

describe('segment: output', () => {
  const photo = blocksPhoto(90, 70)
  const size = 65
  let gpu: Gpu
  let model: DeepLab
  let logits: Array4
  let plain: Uint8Array
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
    logits = await networkLogits(gpu, model.state, photo, { size })
    plain = (await model.segment(photo, { size })).mask
  })
  after(() => model.dispose())

  /** Asserts that scores are as expected, within the precision of float32. */
  function expectScores(found: ClassScores, expected: Array4): void {
    const [, height, width, classes] = expected.shape
    expect([found.height, found.width, found.classes]).to.deep.equal([height, width, classes])
    expect(found.classNames).to.deep.equal(model.classNames)
    expectClose(found.data, expected.data, { shape: expected.shape, rtol: 1e-4 })
  }

  /** Asserts that the class of each pixel has the highest score, unless two are within `tie`. */
  function expectHighest(mask: Uint8Array, { data, classes }: ClassScores, tie = 1e-6): void {
    const isLower = (id: number, pixel: number) => {
      const own = data[pixel * classes + id] + tie
      for (let other = 0; other < classes; other++) if (data[pixel * classes + other] > own) return true
      return false
    }
    expect(mask.findIndex(isLower), 'a pixel of another class').to.equal(-1)
  }

  it('is a mask by default, without scores, and tells where a class is by its name', async () => {
    const found = await model.segment(photo, { size })
    for (const [id, name] of model.classNames.entries())
      expect(found.maskOf(name)).to.deep.equal(plain.map(pixel => Number(pixel === id)))
    const { message } = await rejects(UserError, async () => found.maskOf('fish'))
    expect(message).to.equal(`maskOf: "fish" is none of ${model.classNames.join(', ')}`)
    expect([found.probabilities, found.logits]).to.deep.equal([undefined, undefined])
    expect(found.classes[0]).to.have.all.keys('id', 'name', 'colour', 'share')
    const error = await rejects(UserError, () => found.confidence())
    expect(error.message).to.equal("confidence: segment with { output: 'probabilities' } first")
  })

  it('probabilities at the photo’s size are the softmax of the upsampled logits, with the same mask', async () => {
    const { mask, probabilities } = await model.segment(photo, { size, output: 'probabilities' })
    expect(mask).to.deep.equal(plain)
    expectScores(probabilities, softmax(resize({ input: logits, ...PHOTO_SIZE })))
    expectHighest(mask, probabilities)
  })

  it('logits at the photo’s size are the upsampled logits, with the same mask', async () => {
    const found = await model.segment(photo, { size, output: 'logits' })
    expect(found.mask).to.deep.equal(plain)
    expectScores(found.logits, resize({ input: logits, ...PHOTO_SIZE }))
    expectHighest(found.mask, found.logits, 1e-5)
  })

  it('scores at the network’s size are its own, with a mask of the photo’s size', async () => {
    const found = await model.segment(photo, { size, output: 'logits', at: 'network' })
    expect([found.width, found.height]).to.deep.equal([90, 70])
    expect(found.mask).to.deep.equal(plain)
    expectScores(found.logits, logits)
    const { probabilities } = await model.segment(photo, { size, output: 'probabilities', at: 'network' })
    expectScores(probabilities, softmax(logits))
  })

  it('a mask at the network’s size has the best class of each logit, and is drawn over the photo', async () => {
    const found = await model.segment(photo, { size, at: 'network' })
    const [, height, width] = logits.shape
    expect([found.height, found.width]).to.deep.equal([height, width])
    expectClasses(found.mask, upsampleArgmax({ input: logits, height, width, alignCorners: false }))
    const overlay = await found.overlay({ legend: false })
    expect(await readImage(overlay, { maxPixels: 1e6 })).to.include({ width: 90, height: 70 })
  })

  it('probabilities of several views are their mean, and logits are refused', async () => {
    const several = { size, scales: [0.75, 1.25], flip: true }
    let mean = zeros([1, 51, 65, 5]) // at scale 1 the network sees 90×70 as 65×51
    for (const scale of several.scales)
      for (const flip of [false, true]) {
        const view = await networkLogits(gpu, model.state, photo, { size, scale, flip })
        mean = accumulateProbabilities({
          ...{ logits: view, accumulator: mean, alignCorners: false },
          ...{ flip, weight: 1 / 4 },
        })
      }
    const here = await model.segment(photo, { ...several, output: 'probabilities', at: 'network' })
    expectScores(here.probabilities, mean)
    const full = await model.segment(photo, { ...several, output: 'probabilities' })
    expectScores(full.probabilities, resize({ input: mean, ...PHOTO_SIZE }))
    expectHighest(full.mask, full.probabilities)
    expect(full.mask).to.deep.equal((await model.segment(photo, several)).mask)
    const error = await rejects(UserError, () => model.segment(photo, { ...several, output: 'logits' }))
    expect(error.message).to.match(/^output logits: several scales or flip have a mean of probabilities/)
  })

  it('an array of photos gives the same results as each photo alone', async () => {
    const photos = [1, 2, 3].map(seed => blocksPhoto(90, 70, seed))
    const options = { size, output: 'probabilities', at: 'photo' } as const
    const together = await model.segment(photos, { ...options, batchSize: 3 })
    for (const [i, each] of photos.entries()) {
      const alone = await model.segment(each, options)
      expect(together[i].mask).to.deep.equal(alone.mask)
      expect(relativeError(together[i].probabilities.data, alone.probabilities.data)).to.be.below(1e-5)
    }
  })

  it('has the confidence of each pixel and class', async () => {
    const found = await model.segment(photo, { size, output: 'probabilities' })
    const confidence = found.confidence()
    expect(confidence).to.have.length(90 * 70)
    found.mask.forEach((id, pixel) => {
      expect(confidence[pixel]).to.equal(found.probabilities.data[pixel * 5 + id])
    })
    for (const { id, confidence: mean } of found.classes) {
      const own = confidence.filter((_, pixel) => found.mask[pixel] === id)
      expect(mean).to.be.closeTo(own.reduce((a, b) => a + b) / own.length, 1e-6)
    }
  })

  it('scores larger than one GPU buffer are computed in strips', async () => {
    const large = { ...photo, originalWidth: 1301, originalHeight: 901 } // 37.5 MB with the channels' padding: two strips
    const { probabilities, mask } = await model.segment(large, { size, output: 'probabilities' })
    expect(probabilities.data).to.have.length(901 * 1301 * 5)
    expectHighest(mask, probabilities)
  })

  it('scores that exceed the limit of memory are refused before anything runs', async () => {
    const huge = { ...photo, originalWidth: 16384, originalHeight: 16384 }
    const error = await rejects(UserError, () => model.segment(huge, { size, output: 'logits' }))
    expect(error.message).to.equal(
      "the scores of 5 classes at 16384×16384 pixels take 5120.0 MiB, and the limit is 2048.0 MiB: take them at the network's size, or a smaller photo",
    )
    const small = await model.segment(
      { ...huge, originalHeight: 16 },
      { size, output: 'logits', at: 'network' },
    )
    expect(small.logits.data).to.have.length(logits.data.length)
  })

  it('frees all memory', async () => {
    const before = gpu.memory.buffers
    await model.segment(photo, { size, output: 'probabilities' })
    expect(gpu.memory.buffers).to.equal(before)
  })

  describe('of a model in fp16 (needs shader-f16)', () => {
    before(needsFloat16)

    it('is close to the output in fp32', async () => {
      const half = await DeepLab.create(TINY, { gpu, seed: 3, precision: 'fp16' })
      for (const at of ['photo', 'network'] as const) {
        const options = { size, at, output: 'probabilities' } as const
        const [a, b] = [await half.segment(photo, options), await model.segment(photo, options)]
        expect(relativeError(a.probabilities.data, b.probabilities.data)).to.be.below(0.02)
      }
      await half.dispose()
    })
  })

  it('has the same logits as PyTorch for Google’s checkpoint', async function () {
    const google = await DeepLab.load(sharedFile(this, CHECKPOINT), { gpu })
    const bird = sharedFile(this, 'photos/bird.png')
    const { data, shape } = readNpy(await readFile(sharedFile(this, 'reference/bird.logits.npy')))
    expect(shape).to.deep.equal([1, 21, 33, 33])
    const { logits } = await google.segment(bird, { output: 'logits', at: 'network' })
    expect([logits.height, logits.width, logits.classes]).to.deep.equal([33, 33, 21])
    const transposed = logits.data.map((_, i) => data[(i % 21) * 33 * 33 + Math.floor(i / 21)])
    expect(relativeError(logits.data, transposed)).to.be.below(1e-3)
    const found = await google.segment(bird, { output: 'probabilities' })
    expect(found.subject?.name).to.equal('bird')
    expect(found.subject?.confidence).to.be.within(0.8, 1)
    await google.dispose()
  })
})
