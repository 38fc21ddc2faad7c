// A large photo in windows: what `Segmenter.segment` makes of `tile` and `overlap`.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { RefinedOptions } from '../../src/inference/inference_options.ts'
import { type Photo, Segmenter } from '../../src/inference/segmenter.ts'
import { tilingOf } from '../../src/inference/tiling.ts'
import { backboneOf } from '../../src/model/backbones/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'

/** A part of a photo. */
function partOf(
  { data, width }: Photo,
  x: number,
  y: number,
  size: { width: number; height: number },
): Photo {
  const part = new Uint8Array(size.width * size.height * 4)
  for (let row = 0; row < size.height; row++) {
    const from = ((y + row) * width + x) * 4
    part.set(data.subarray(from, from + size.width * 4), row * size.width * 4)
  }
  return { ...size, data: part, originalWidth: size.width, originalHeight: size.height }
}

interface SegmenterOptions {
  network?: DeepLabOptions
  precision?: 'fp16'
}

async function withSegmenter<T>(
  work: (segmenter: Segmenter) => Promise<T>,
  { network = TINY, precision }: SegmenterOptions = {},
): Promise<T> {
  const gpu = await testGpu()
  const { liveBytes } = gpu.memory
  const config = deepLabConfig(network)
  const preprocessing = { ...backboneOf(config).preprocessing, size: 65 }
  const parameters = initialWeights(config, 3)
  const segmenter = new Segmenter(gpu, { config, preprocessing, parameters, precision })
  try {
    return await work(segmenter)
  } finally {
    await segmenter.dispose()
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
  }
}

const probabilitiesOf = async (segmenter: Segmenter, photo: Photo, options: RefinedOptions) => {
  const [{ scores, mask }] = await segmenter.segment([photo], { output: 'probabilities', ...options })
  return { data: scores!.data, mask }
}

/** The blend in float64 of what the segmenter finds in each window alone, at its own size. */
async function blended(
  segmenter: Segmenter,
  photo: Photo,
  { tile, overlap, align, ...options }: RefinedOptions & { tile: number; overlap: number; align: number },
): Promise<Float64Array> {
  const { width, height } = photo
  const { rows, columns } = tilingOf(photo, { tile, overlap, align })
  const found = new Float64Array(width * height * 5)
  for (const [row, { from: top, count: high }] of rows.windows.entries())
    for (const [column, { from: left, count: wide }] of columns.windows.entries()) {
      const window = partOf(photo, left, top, { width: wide, height: high })
      const size = Math.max(wide, high)
      const { data } = await probabilitiesOf(segmenter, window, { ...options, size })
      for (let y = 0; y < high; y++)
        for (let x = 0; x < wide; x++) {
          const weight = rows.weights[row * high + y] * columns.weights[column * wide + x]
          const at = (top + y) * width + left + x
          for (let id = 0; id < 5; id++) found[at * 5 + id] += weight * data[(y * wide + x) * 5 + id]
        }
    }
  return found
}

const largestOf = (values: ArrayLike<number>) => {
  let largest = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i
  return largest
}

const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  let most = 0
  for (let i = 0; i < actual.length; i++) most = Math.max(most, Math.abs(actual[i] - expected[i]))
  return most
}

describe('segmenting in tiles', () => {
  const cases: [string, { width: number; height: number; tile: number; overlap: number }, RefinedOptions][] =
    [
      ['a quarter of overlap', { width: 150, height: 118, tile: 64, overlap: 0.25 }, {}],
      ['no overlap', { width: 100, height: 97, tile: 64, overlap: 0 }, {}],
      ['more than half of overlap', { width: 117, height: 90, tile: 64, overlap: 0.7 }, {}],
      ['a last window that is one pixel farther', { width: 65, height: 81, tile: 64, overlap: 0.25 }, {}],
      ['a photo that is smaller than a tile', { width: 33, height: 47, tile: 64, overlap: 0.25 }, {}],
      ['a photo that is lower than a tile', { width: 121, height: 20, tile: 64, overlap: 0.25 }, {}],
      ['output stride 8', { width: 90, height: 64, tile: 64, overlap: 0.25 }, { outputStride: 8 }],
      [
        'scales, mirrored',
        { width: 90, height: 70, tile: 64, overlap: 0.25 },
        { scales: [0.5, 1.25], flip: true },
      ],
      [
        'the maximum of scales',
        { width: 90, height: 70, tile: 64, overlap: 0.25 },
        { scales: [0.5, 1], merge: 'max' },
      ],
    ]
  for (const [name, { width, height, tile, overlap }, options] of cases)
    it(`blends the probabilities of its windows: ${name}`, () =>
      withSegmenter(async segmenter => {
        const photo = blocksPhoto(width, height)
        const align = options.outputStride ?? 16
        const expected = await blended(segmenter, photo, { tile, overlap, align, ...options })
        const { data, mask } = await probabilitiesOf(segmenter, photo, { tile, overlap, ...options })
        expect(worst(data, expected)).to.be.below(2e-6)
        for (let pixel = 0; pixel < width * height; pixel++)
          expect(mask[pixel]).to.equal(largestOf(data.subarray(pixel * 5, pixel * 5 + 5)))
        const [alone] = await segmenter.segment([photo], { tile, overlap, ...options })
        expect(alone).to.deep.equal({ mask, width, height })
      }))

  it('gives what a window alone gives, to the bit, away from the seams', () =>
    withSegmenter(async segmenter => {
      const photo = blocksPhoto(208, 160)
      const { data } = await probabilitiesOf(segmenter, photo, { tile: 96 })
      const window = partOf(photo, 64, 64, { width: 96, height: 96 })
      const alone = await probabilitiesOf(segmenter, window, { size: 96 })
      // The windows before it end at 96, and the one at the right begins at 112.
      for (let y = 96; y < 160; y++)
        for (let x = 96; x < 112; x++)
          for (let id = 0; id < 5; id++) {
            const own = alone.data[((y - 64) * 96 + x - 64) * 5 + id]
            expect(data[(y * 208 + x) * 5 + id], `${x}, ${y}`).to.equal(own)
          }
    }))

  it('gives what the whole photo gives, where no pixel of the photo that a window lacks can be seen', async () => {
    const network: DeepLabOptions = {
      ...{ backbone: 'resnet50', units: [1, 1, 1, 1], multiGrid: [1], width: 1 / 16, classes: 5 },
      ...{ aspp: null, fcn: true },
    }
    await withSegmenter(
      async segmenter => {
        const photo = blocksPhoto(448, 320)
        const whole = await probabilitiesOf(segmenter, photo, { size: 448 })
        const tiled = await probabilitiesOf(segmenter, photo, { tile: 320, overlap: 0.6 })
        // Windows are from 0 to 320 and from 128 to 448, and the network sees 110 pixels on each side.
        const differences = (from: number, to: number) => {
          const row = (data: Float32Array, y: number) =>
            data.subarray((y * 448 + from) * 5, (y * 448 + to) * 5)
          const rows = Array.from({ length: 320 }, (_, y) => worst(row(tiled.data, y), row(whole.data, y)))
          return Math.max(...rows)
        }
        expect(differences(0, 128)).to.be.below(1e-5)
        expect(differences(320, 448)).to.be.below(1e-5)
        expect(differences(128, 320)).to.be.above(1e-4)
      },
      { network },
    )
  })

  it('works at a given scale', () =>
    withSegmenter(async segmenter => {
      const photo = blocksPhoto(64, 40)
      const [{ mask }] = await segmenter.segment([photo], { tile: 128, size: 128 })
      const [whole] = await segmenter.segment([photo], { size: 128 })
      expect(mask).to.deep.equal(whole.mask)
    }))

  it('counts windows, and ends between two of them', () =>
    withSegmenter(async segmenter => {
      const photo = blocksPhoto(150, 64)
      const counted: string[] = []
      const onTile = ({ done, total }: { done: number; total: number }) => counted.push(`${done} of ${total}`)
      await segmenter.segment([photo], { tile: 64, onTile })
      expect(counted).to.deep.equal(['1 of 3', '2 of 3', '3 of 3'])
      const controller = new AbortController()
      const end = () => controller.abort(new Error('enough'))
      const { signal } = controller
      const error = await rejects(Error, () => segmenter.segment([photo], { tile: 64, onTile: end, signal }))
      expect(error.message).to.equal('enough')
      const [{ mask }] = await segmenter.segment([photo], { tile: 64 })
      expect(mask.length).to.equal(150 * 64)
    }))

  it('refuses what it cannot do, in one line', () =>
    withSegmenter(async segmenter => {
      const photo = blocksPhoto(45, 33)
      const refusal = async (options: object, of = photo) =>
        (await rejects(UserError, () => segmenter.segment([of], options))).message
      expect(await refusal({ tile: 31 })).to.equal(
        'tile: expected a number of pixels from 32 to 16384, got 31',
      )
      expect(await refusal({ tile: 64, overlap: 0.8 })).to.equal(
        'overlap: expected a number from 0 to 0.75, got 0.8',
      )
      expect(await refusal({ overlap: 0.5 })).to.equal('overlap: expected tile with it')
      expect(await refusal({ tile: 64, crf: 'v2' })).to.equal(
        'crf: a CRF takes the whole photo at once: leave it out, or tile with a smaller photo',
      )
      expect(await refusal({ tile: 64, output: 'logits' })).to.equal(
        'output logits: tiles have a mean of probabilities, and no logits',
      )
      expect(await refusal({ tile: 64, at: 'network' })).to.equal(
        'at: expected photo, whose scale tiles have, got network',
      )
      expect(await refusal({ tile: 64 }, { ...photo, originalWidth: 90, originalHeight: 66 })).to.equal(
        "tile: expected a photo of the mask's size, 90×66, got 45×33",
      )
      const views = { scales: [4, 3.9, 3.8, 3.7, 3.6, 3.5], flip: true, outputStride: 8 }
      expect(await refusal({ tile: 64, overlap: 0.75, ...views }, blocksPhoto(65_000, 64))).to.match(
        /^tile: the scores of the windows take \d+\.\d MiB at one time, and the limit is 1024\.0 MiB: take smaller tiles, /,
      )
      const wide = { ...photo, width: 65_536, originalWidth: 65_536, height: 1, originalHeight: 1 }
      expect(await refusal({ tile: 64 }, wide)).to.equal(
        'tile: 65536×1 pixels: a side is over the limit of 65535',
      )
    }))

  describe('with fp16', () => {
    before(needsFloat16)

    it('gives nearly the same probabilities', async () => {
      const photo = blocksPhoto(90, 70)
      const options = { tile: 64 }
      const full = await withSegmenter(segmenter => probabilitiesOf(segmenter, photo, options))
      const half = await withSegmenter(segmenter => probabilitiesOf(segmenter, photo, options), {
        precision: 'fp16',
      })
      expect(worst(half.data, full.data)).to.be.below(0.02)
      expect(half.data).to.not.deep.equal(full.data)
    })
  })
})
