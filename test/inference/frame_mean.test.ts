// Masks of a video's frames that are smoothed over time.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { FrameMean } from '../../src/inference/frame_mean.ts'
import { type Photo, Segmenter } from '../../src/inference/segmenter.ts'
import { submitPhoto } from '../../src/inference/submit_photo.ts'
import { backboneOf } from '../../src/model/backbones/index.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'

describe('the mean of frames', () => {
  const config = deepLabConfig(TINY)
  const preprocessing = { ...backboneOf(config).preprocessing, size: 65 }
  const model = { config, preprocessing, parameters: initialWeights(config, 3) }
  let gpu: Gpu
  let segmenter: Segmenter
  let mean: FrameMean
  let liveBytes: number
  before(async () => {
    gpu = await testGpu()
  })
  beforeEach(() => {
    liveBytes = gpu.memory.liveBytes
    segmenter = new Segmenter(gpu, model)
    mean = new FrameMean(0.75)
  })
  afterEach(async () => {
    mean.release()
    await segmenter.dispose()
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
  })

  const maskOf = async (photo: Photo, options: Parameters<typeof submitPhoto>[3] = {}) => {
    const wait = await submitPhoto(gpu, segmenter, photo, { mean, ...options })
    return (await wait()).mask
  }
  const alone = async (photo: Photo) => (await segmenter.segment([photo]))[0].mask
  const differences = (a: Uint8Array, b: Uint8Array) => a.filter((id, i) => id !== b[i]).length

  /** The picture as a camera has it: with noise, of which the seed gives another. */
  function noisy(photo: Photo, seed: number): Photo {
    const next = randomSource(seed)
    const data = Uint8Array.from(photo.data, (value, i) =>
      i % 4 === 3 ? 255 : Math.max(0, Math.min(255, value + 40 * (next() - 0.5))),
    )
    return { ...photo, data }
  }

  it('has the first frame as it is, to the bit', async () => {
    const photo = blocksPhoto(90, 70)
    expect(await maskOf(photo)).to.deep.equal(await alone(photo))
    expect(await maskOf(photo)).to.deep.equal(await alone(photo))
  })

  it('changes less from frame to frame than the frames do', async () => {
    const photo = blocksPhoto(90, 70)
    let [smooth, single] = [0, 0]
    let before: [Uint8Array, Uint8Array] | undefined
    for (let seed = 1; seed <= 6; seed++) {
      const frame = noisy(photo, seed)
      const now: [Uint8Array, Uint8Array] = [await maskOf(frame), await alone(frame)]
      if (before) {
        smooth += differences(before[0], now[0])
        single += differences(before[1], now[1])
      }
      before = now
    }
    expect(single).to.be.above(100)
    expect(smooth).to.be.below(single / 2)
  })

  it('is the exponential mean of the logits', async () => {
    const frames = [1, 2, 3].map(seed => noisy(blocksPhoto(90, 70), seed))
    const found: Uint8Array[] = []
    for (const frame of frames) found.push(await maskOf(frame, { at: 'network' }))
    const logits = (await segmenter.segment(frames, { output: 'logits', at: 'network' })).map(
      ({ scores }) => scores!,
    )
    const average = logits[0].data.slice()
    for (const [i, { data, classes }] of logits.entries()) {
      if (i > 0) for (let at = 0; at < data.length; at++) average[at] += 0.25 * (data[at] - average[at])
      const best = Array.from({ length: data.length / classes }, (_, cell) => {
        const values = average.subarray(cell * classes, (cell + 1) * classes)
        return values.indexOf(Math.max(...values))
      })
      expect([...found[i]]).to.deep.equal(best)
    }
  })

  it('begins anew with a new scene, another size and other options', async () => {
    const [photo, other] = [blocksPhoto(90, 70), blocksPhoto(90, 70, 5)]
    for (let i = 0; i < 3; i++) await maskOf(photo)
    const pixels = 90 * 70
    const own = await alone(other)
    expect(differences(own, await alone(photo))).to.be.above(pixels / 8)
    expect(await maskOf(other)).to.deep.equal(own)
    const small = blocksPhoto(60, 70, 5)
    expect(await maskOf(small)).to.deep.equal(await alone(small))
    expect(await maskOf(other, { at: 'network' })).to.have.length.below(pixels / 4)
    expect(await maskOf(other)).to.deep.equal(own)
  })

  it('takes means of several scales, which are probabilities', async () => {
    const photo = blocksPhoto(90, 70)
    const [{ mask }] = await segmenter.segment([photo], { scales: [0.75, 1], flip: true })
    for (let i = 0; i < 2; i++)
      expect(await maskOf(photo, { scales: [0.75, 1], flip: true })).to.deep.equal(mask)
  })

  it('takes logits that are stored as halves', async function () {
    if (!gpu.device.features.has('shader-f16')) skip(this, 'this adapter has no shader-f16')
    await segmenter.dispose()
    segmenter = new Segmenter(gpu, { ...model, precision: 'fp16' })
    const photo = blocksPhoto(90, 70)
    for (let i = 0; i < 3; i++) expect(await maskOf(photo)).to.deep.equal(await alone(photo))
  })

  it('keeps its memory from frame to frame', async () => {
    const photo = blocksPhoto(90, 70)
    await maskOf(photo)
    const { liveBytes } = gpu.memory
    for (let seed = 0; seed < 5; seed++) await maskOf(noisy(photo, seed))
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
  })
})
