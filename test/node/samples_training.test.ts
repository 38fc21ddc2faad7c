import { expect } from 'chai'
import {
  channelStatistics,
  type Dataset,
  DeepLab,
  evaluate,
  type Image,
  openDataset,
  sampledImage,
  Trainer,
} from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejection, useEmptyCache, useTemporaryFolder } from './support.ts'
import { TINY } from './tiny_model.ts'
import { losses, take } from './trainer_support.ts'
import { CHANNELS, HEIGHT, WIDTH, warmImage, writeWarm } from './warm_dataset.ts'

describe('training on images of channels of their own', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  const models: DeepLab[] = []
  beforeEach(() => writeWarm(path('warm'), 8))
  afterEach(async () => {
    for (const model of models.splice(0)) await model.dispose()
  })

  const open = (channels?: number) => openDataset(`folder:${path('warm')}`, { split: 'all', channels })

  async function widened(dataset: Dataset) {
    const model = await DeepLab.create(TINY, { gpu: await testGpu() })
    models.push(model)
    await model.setInputChannels(CHANNELS, await channelStatistics(dataset))
    return model
  }

  const recipe = {
    ...{ steps: 40, batchSize: 4, size: 65, cropSize: 65, learningRate: 0.1, outputStride: 8 },
    ...{ batchNormDecay: 0.8, scales: [1, 1] as [number, number] },
  }

  /** The mean IoU on images that were not learned. */
  async function learned(seen: (image: Image) => Image): Promise<number> {
    const all = await open(CHANNELS)
    const [train, other] = [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ].map((indices): Dataset => {
      const files = all.select(indices)
      const read = async (index: number) => {
        const labelled = await files.read(index)
        return { ...labelled, image: seen(labelled.image) }
      }
      const { name, classNames, ids, size } = files
      return { name, classNames, ids, size, read, readLabels: i => files.readLabels(i) }
    })
    const model = await widened(train)
    await take(new Trainer(model, train, recipe, { onWarning() {} }))
    return (await evaluate(model, other)).mIoU!
  }

  it('learns a class that only the fifth channel shows', async () => {
    expect(await learned(image => image)).to.be.above(0.9)
  })

  it('learns nothing of it where the fifth channel is as the fourth (slow)', async () => {
    const withoutTemperatures = ({ samples, ...size }: Image) => {
      const { channels, data } = samples!
      const others = data.map((value, i) => (i % channels === channels - 1 ? data[i - 1] : value))
      return sampledImage({ ...size, channels, data: others })
    }
    expect(await learned(withoutTemperatures)).to.be.below(0.65)
  })

  it('makes the same batches of files and of images in memory', async () => {
    const files = await open(CHANNELS)
    const images = Array.from({ length: 8 }, (_, i) => {
      const { labels, data } = warmImage(i)
      const image = sampledImage({ width: WIDTH, height: HEIGHT, channels: CHANNELS, data })
      return { id: `${i}`, image, mask: Uint8Array.from(labels), width: WIDTH, height: HEIGHT }
    })
    const read = async (index: number) => images[index]
    const names = { name: 'memory', classNames: ['cold', 'warm'], ids: images.map(({ id }) => id) }
    const memory: Dataset = { ...names, size: images.length, read, readLabels: read }
    const run = async (dataset: Dataset) =>
      losses(await take(new Trainer(await widened(files), dataset, { ...recipe, steps: 3 })))
    expect(await run(memory)).to.deep.equal(await run(files))
  })

  it('measures mean and standard deviation of each channel', async () => {
    const { mean, std } = await channelStatistics(await open(CHANNELS))
    expect(mean[0]).to.be.closeTo(0.5, 0.02)
    expect(std[0]).to.be.closeTo(Math.sqrt(1 / 12), 0.01)
    expect(mean[4]).to.be.closeTo(297, 0.5)
    expect(std[4]).to.be.closeTo(Math.hypot(15, 4 / Math.sqrt(12)), 0.1)
  })

  it('refuses a dataset of other channels than the network’s in one line', async () => {
    const dataset = await open(CHANNELS)
    const photos = await rejection(channelStatistics(await open()))
    expect(photos.message).to.match(/0\.npy: a NumPy array, and the network takes photos: /)
    const model = await DeepLab.create(TINY, { gpu: await testGpu() })
    models.push(model)
    const error = await rejection(take(new Trainer(model, dataset, recipe, { onWarning() {} })))
    expect(error.message).to.match(/^\d: expected red, green and blue, got an image of 5 channels/)
  })
})
