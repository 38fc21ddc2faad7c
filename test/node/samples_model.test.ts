import { readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { expect } from 'chai'
import {
  type ChannelStatistics,
  DeepLab,
  deepLabOnnx,
  type SampledPixels,
  sampledImage,
} from '../../src/node/index.ts'
import { ModelProtoSchema } from '../../src/onnx/onnx_pb.ts'
import { randomSource } from '../reference/random.ts'
import { testGpu } from '../support/gpu.ts'
import { rejection, useTemporaryFolder } from './support.ts'
import { TINY } from './tiny_model.ts'

/** Blocks of random numbers, which survive resizing. */
function blocks(channels: number, seed = 1): SampledPixels & { data: Float32Array } {
  const [width, height] = [40, 36]
  const next = randomSource(seed)
  const values = Array.from({ length: 16 * channels }, () => next())
  const data = new Float32Array(width * height * channels)
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels)
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    const block = Math.floor((4 * x) / width) + 4 * Math.floor((4 * y) / height)
    data[i] = values[block * channels + (i % channels)]
  }
  return { width, height, channels, data }
}

/** The pixels with channels that `channel` computes of theirs. */
const withChannels = (
  { data, channels, ...size }: SampledPixels,
  count: number,
  channel: (pixel: number, index: number) => number,
): SampledPixels => ({
  ...size,
  channels: count,
  data: Float32Array.from({ length: (data.length / channels) * count }, (_, i) =>
    channel(Math.floor(i / count) * channels, i % count),
  ),
})

const HALF: ChannelStatistics = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
const times = (count: number, value: number) => new Array<number>(count).fill(value)
const halves = (count: number) => ({ mean: times(count, 0.5), std: times(count, 0.5) })

describe('a model of other channels than a photo’s', () => {
  const path = useTemporaryFolder()
  const models: DeepLab[] = []
  afterEach(async () => {
    for (const model of models.splice(0)) await model.dispose()
  })

  const own = (model: DeepLab) => {
    models.push(model)
    return model
  }
  const open = async () => own(await DeepLab.create(TINY, { gpu: await testGpu(), size: 65 }))
  async function opened(channels: number, statistics?: ChannelStatistics) {
    const model = await open()
    await model.setInputChannels(channels, statistics)
    return model
  }
  const logits = async (model: DeepLab, pixels: SampledPixels) =>
    (await model.segment(pixels, { output: 'logits', at: 'network' })).logits!.data

  function expectClose(found: Float32Array, expected: Float32Array) {
    const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i])))
    const scale = Math.max(...expected.map(Math.abs))
    expect(scale).to.be.above(0)
    expect(worst / scale).to.be.below(1e-5)
  }

  it('of one channel sees grey as the network for photos does', async () => {
    const grey = blocks(1)
    const colour = withChannels(grey, 3, pixel => grey.data[pixel])
    expectClose(await logits(await opened(1, halves(1)), grey), await logits(await opened(3, HALF), colour))
  })

  it('of six channels sees a photo twice as the network for photos does', async () => {
    const colour = blocks(3)
    const twice = withChannels(colour, 6, (pixel, channel) => colour.data[pixel + (channel % 3)])
    expectClose(await logits(await opened(6, halves(6)), twice), await logits(await opened(3, HALF), colour))
  })

  it('of three channels sees bytes as the network for photos does', async () => {
    const { data, ...size } = blocks(3)
    const bytes = Uint8Array.from(data, value => 255 * value)
    const photo = await (await open()).segment({ ...size, data: bytes }, { output: 'logits', at: 'network' })
    const sixteen = Uint16Array.from(bytes, value => 257 * value)
    const samples = await opened(3)
    for (const data of [bytes, sixteen])
      expectClose(await logits(samples, { ...size, data }), photo.logits!.data)
  })

  it('segments several images, with scales, a CRF and an overlay', async () => {
    const model = await opened(5)
    const images = [blocks(5), blocks(5, 2), blocks(5, 3)]
    const options = { scales: [0.75, 1], flip: true }
    const found = await model.segment(images, { ...options, batchSize: 2 })
    for (const [i, image] of images.entries())
      expect(found[i].mask).to.deep.equal((await model.segment(image, options)).mask)
    const tiled = await model.segment(images[0], { tile: 33, overlap: 0.5 })
    expect(tiled.mask).to.have.length(40 * 36)
    const refined = await model.segment(sampledImage(images[0]), { crf: 'default', output: 'probabilities' })
    expect(refined.probabilities!.data).to.have.length(40 * 36 * 5)
    await refined.save(path('photo'))
  })

  it('is saved and loaded, with and without its config.json', async () => {
    const model = await opened(5, { mean: [1, 2, 3, 4, 500], std: [1, 2, 3, 4, 50] })
    await model.save(path('model'))
    const gpu = await testGpu()
    const loaded = own(await DeepLab.load(path('model'), { gpu }))
    expect(loaded.config).to.deep.equal(model.config)
    expect(loaded.state.preprocessing).to.deep.equal(model.state.preprocessing)
    expect(await logits(loaded, blocks(5))).to.deep.equal(await logits(model, blocks(5)))
    await rm(path('model/config.json'))
    const recognised = own(await DeepLab.load(path('model'), { gpu, onWarning() {} }))
    expect(recognised.config.inputChannels).to.equal(5)
    expect(recognised.state.preprocessing.channels).to.equal('samples')
  })

  it('is saved in Hugging Face’s form', async () => {
    const network = { backbone: 'mobilenet_v2', depthMultiplier: 0.1, classes: 3 } as const
    const model = own(await DeepLab.create(network, { gpu: await testGpu() }))
    await model.setInputChannels(4)
    await model.save(path('model'))
    const config = JSON.parse(await readFile(path('model/config.json'), 'utf8'))
    expect(config).to.include({ model_type: 'mobilenet_v2', num_channels: 4 })
    const loaded = own(await DeepLab.load(path('model'), { gpu: await testGpu() }))
    expect(loaded.config.inputChannels).to.equal(4)
    expect(loaded.state.preprocessing).to.deep.equal(model.state.preprocessing)
  })

  it('is exported to ONNX with its channels', async () => {
    const file = fromBinary(ModelProtoSchema, await deepLabOnnx((await opened(5)).state))
    const dimensions = file.graph!.input[0].type!.value
    expect(JSON.stringify(dimensions, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
      .to.include('"dimValue"')
      .and.to.match(/"value":5\b/)
  })

  it('is created by its config', async () => {
    const model = own(await DeepLab.create({ ...TINY, inputChannels: 2 }, { gpu: await testGpu() }))
    expect(model.state.preprocessing.mean).to.have.length(2)
    expect((await model.segment(blocks(2))).mask).to.have.length(40 * 36)
  })

  it('refuses photos and other channels in one line', async () => {
    const model = await opened(5)
    const png = fileURLToPath(new URL('golden/samples/rgb.png', import.meta.url))
    const errors = [
      [png, `${png}: expected an image of 5 channels, as the network takes, got 3`],
      [
        { width: 2, height: 2, data: new Uint8Array(12) },
        'photo: expected an image of 5 channels, got red, green and blue',
      ],
      [blocks(4), 'photo: expected an image of 5 channels, got an image of 4 channels'],
      [
        { width: 2, height: 2, channels: 5, data: new Uint8Array(12) },
        'photo.data: expected 20 numbers for 2×2 pixels of 5 channels, got 12',
      ],
      [
        { width: 2, height: 2, channels: 9, data: new Uint8Array(36) },
        'photo.channels: expected a whole number from 1 to 8, got 9',
      ],
      [
        { width: 1, height: 1, channels: 5, data: Float32Array.of(1, 2, Number.NaN, 4, 5) },
        "photo: channel 3 is NaN at x 0, y 0: give such pixels a number, such as the channel's mean",
      ],
      [
        { width: 1, height: 1, channels: 5, data: [1, 2, 3, 4, 5] },
        'photo.data: expected a Uint8Array, a Uint16Array or a Float32Array, got [1, 2, 3, 4, 5]',
      ],
    ] as const
    for (const [source, message] of errors)
      expect((await rejection(model.segment(source as string))).message).to.equal(message)
    const twice = await rejection(model.segment([blocks(5), blocks(4)]))
    expect(twice.message).to.match(/^photos\[1\]: .*expected an image of 5 channels, got an image of 4/)
  })
})
