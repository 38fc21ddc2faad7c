// The CRF behind a network: what `Segmenter.segment` makes of its options.

import { expect } from 'chai'
import { type CrfParameters, crfPresets } from '../../src/crf/crf_parameters.ts'
import { UserError } from '../../src/errors.ts'
import { type Photo, Segmenter } from '../../src/inference/segmenter.ts'
import { backboneOf } from '../../src/model/backbones/index.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { type Array4, zeros } from '../reference/array4.ts'
import { bilateralPairs, meanField, spatialPairs } from '../reference/dense_crf.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

/** So strong that it changes many pixels of an untrained network's mask. */
const STRONG: Required<CrfParameters> = { posW: 3, posXy: 3, biW: 10, biXy: 20, biRgb: 20, iterations: 10 }

describe('segmenting with a CRF', () => {
  const config = deepLabConfig(TINY)
  const preprocessing = { ...backboneOf(config).preprocessing, size: 65 }
  const model = { config, preprocessing, parameters: initialWeights(config, 3) }
  const photo = blocksPhoto(45, 33)

  async function withSegmenter<T>(
    work: (segmenter: Segmenter) => Promise<T>,
    options: { precision?: 'fp16' } = {},
  ): Promise<T> {
    const gpu = await testGpu()
    const { liveBytes } = gpu.memory
    const segmenter = new Segmenter(gpu, { ...model, ...options })
    try {
      return await work(segmenter)
    } finally {
      await segmenter.dispose()
      expect(gpu.memory.liveBytes).to.equal(liveBytes)
    }
  }

  /** The marginals in float64 of probabilities that the network gave. */
  function expected({ data, width, height }: Photo, scores: Float32Array): Array4 {
    const colours = zeros([1, height, width, 3])
    colours.data = colours.data.map((_, i) => data[Math.floor(i / 3) * 4 + (i % 3)])
    const shape = [1, height, width, config.classes] as const
    const filters = {
      spatial: spatialPairs(colours, STRONG.posXy),
      bilateral: bilateralPairs(colours, { xy: STRONG.biXy, rgb: STRONG.biRgb }),
    }
    return meanField({ shape, data: Float64Array.from(scores) }, filters, STRONG)
  }

  const worst = (actual: Float32Array, { data }: Array4) =>
    actual.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i])), 0)

  for (const [name, views] of [
    ['one view', {}],
    ['several views', { scales: [0.75, 1], flip: true }],
  ] as const)
    it(`gives the marginals of its probabilities, from ${name}`, () =>
      withSegmenter(async segmenter => {
        const output = 'probabilities'
        const [plain] = await segmenter.segment([photo], { output, ...views })
        const [{ scores, mask, width, height }] = await segmenter.segment([photo], {
          ...{ output, crf: STRONG, ...views },
        })
        expect({ width, height }).to.deep.equal({ width: 45, height: 33 })
        expect({ ...scores, data: 0 }).to.deep.equal({ data: 0, width: 45, height: 33, classes: 5 })
        expect(worst(scores!.data, expected(photo, plain.scores!.data))).to.be.below(1e-4)
        expect(mask).to.not.deep.equal(plain.mask)
        const [alone] = await segmenter.segment([photo], { crf: STRONG, ...views })
        expect(alone).to.deep.equal({ mask, width, height })
      }))

  it("works at the size of the network's image, and gives probabilities of that size with a mask of the photo's", () =>
    withSegmenter(async segmenter => {
      const [map] = await segmenter.segment([photo], { crf: STRONG, at: 'network' })
      expect([map.width, map.height, map.mask.length]).to.deep.equal([65, 48, 65 * 48])
      const [{ scores, ...own }] = await segmenter.segment([photo], {
        ...{ crf: STRONG, at: 'network', output: 'probabilities' },
      })
      expect([scores!.width, scores!.height, scores!.data.length]).to.deep.equal([65, 48, 65 * 48 * 5])
      expect([own.width, own.height, own.mask.length]).to.deep.equal([45, 33, 45 * 33])
      const best = Uint8Array.from({ length: 65 * 48 }, (_, pixel) => {
        const row = [...scores!.data.subarray(pixel * 5, pixel * 5 + 5)]
        return row.indexOf(Math.max(...row))
      })
      expect(best).to.deep.equal(map.mask)
    }))

  it('gives each photo of several its own mask, the same every time', () =>
    withSegmenter(async segmenter => {
      const photos = [photo, blocksPhoto(45, 33, 2)]
      const together = await segmenter.segment(photos, { crf: 'v2' })
      for (const [i, each] of photos.entries())
        expect(await segmenter.segment([each], { crf: crfPresets.v2 })).to.deep.equal([together[i]])
      expect(together[0].mask).to.not.deep.equal(together[1].mask)
    }))

  it('of a photo that was scaled down has the size of the photo', () =>
    withSegmenter(async segmenter => {
      const large = { ...photo, originalWidth: 90, originalHeight: 66 }
      const [{ mask, width, height }] = await segmenter.segment([large], { crf: STRONG })
      expect([width, height, mask.length]).to.deep.equal([90, 66, 90 * 66])
    }))

  it('tells of its iterations while it can be ended', () =>
    withSegmenter(async segmenter => {
      const told: { done: number; total: number }[] = []
      const { signal } = new AbortController()
      const crf = { ...STRONG, iterations: 4 }
      await segmenter.segment([photo], { crf, signal, onIteration: each => told.push(each) })
      expect(told).to.deep.equal([1, 2, 3].map(done => ({ done, total: 4 })))
    }))

  it('refuses logits and wrong parameters, and ends on a signal', () =>
    withSegmenter(async segmenter => {
      const refuse = async (options: object) =>
        (await rejects(UserError, () => segmenter.segment([photo], options))).message
      expect(await refuse({ crf: 'v2', output: 'logits' })).to.equal(
        'output logits: a CRF gives probabilities, and no logits',
      )
      expect(await refuse({ crf: { ...STRONG, biXy: -1 } })).to.equal(
        'crf: biXy: expected a number above 0, at most 1000000, got -1',
      )
      const signal = AbortSignal.abort(new Error('enough'))
      const error = await rejects(Error, () => segmenter.segment([photo], { crf: 'v2', signal }))
      expect(error.message).to.equal('enough')
    }))

  describe('with fp16', () => {
    before(needsFloat16)

    it('gives nearly the same marginals', async () => {
      const options = { output: 'probabilities', crf: STRONG } as const
      const [full] = await withSegmenter(segmenter => segmenter.segment([photo], options))
      const [half] = await withSegmenter(segmenter => segmenter.segment([photo], options), {
        precision: 'fp16',
      })
      const same = half.mask.filter((id, pixel) => id === full.mask[pixel]).length
      expect(same / full.mask.length).to.be.above(0.98)
      expect(half.scores!.data).to.not.deep.equal(full.scores!.data)
    })
  })
})
