import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { untrainedModel } from '../../src/library/model_files.ts'
import { backboneNames, backboneOf, loadNetwork } from '../../src/model/backbones/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { imageWeights, withInputChannels } from '../../src/model/input_channels.ts'
import { CAFFE } from '../../src/model/preprocessing.ts'

/** make_input_channels.py makes it with PyTorch. */
const golden: {
  shape: number[]
  weight: number[]
  cases: { channels: number; weight: number[] }[]
} = JSON.parse(readFileSync(new URL('golden/input_channels.json', import.meta.url), 'utf8'))

const THIN: DeepLabOptions = { backbone: 'resnet18', units: [1, 1, 1, 1], multiGrid: [1], width: 1 / 16 }

async function modelOf(options: DeepLabOptions) {
  const config = deepLabConfig(options)
  await loadNetwork(config)
  return untrainedModel(config)
}

/** A network whose first convolution has the golden weights in the corner of its kernel. */
async function goldenModel() {
  const model = await modelOf(THIN)
  const weight = corner(golden.weight, 3)
  return { ...model, parameters: new Map([...model.parameters, ['backbone.conv1.weight', weight]]) }
}

/** [4, channels, 2, 3] as the corner of [4, channels, 7, 7]. */
function corner(values: readonly number[], channels: number): Float32Array {
  const weight = new Float32Array(4 * channels * 49)
  values.forEach((value, i) => {
    const [row, tap] = [Math.floor(i / 6), i % 6]
    weight[row * 49 + Math.floor(tap / 3) * 7 + (tap % 3)] = value
  })
  return weight
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b)

describe('withInputChannels', () => {
  for (const { channels, weight } of golden.cases)
    it(`makes the weights for ${channels} channels that timm makes in PyTorch`, async () => {
      const made = withInputChannels(await goldenModel(), channels).parameters.get('backbone.conv1.weight')!
      const expected = corner(weight, channels)
      expect(made).to.have.length(expected.length)
      const worst = Math.max(...made.map((value, i) => Math.abs(value - expected[i])))
      expect(worst).to.be.below(5e-7)
    })

  it('repeats mean and std, of one channel takes their mean, and takes those that are given', async () => {
    const model = await goldenModel()
    const { mean, std } = model.preprocessing
    expect(withInputChannels(model, 5).preprocessing).to.deep.include({
      mean: [...mean, mean[0], mean[1]],
      std: [...std, std[0], std[1]],
      channels: 'samples',
    })
    expect(withInputChannels(model, 1).preprocessing.mean[0]).to.be.closeTo(0.449, 1e-9)
    const given = { mean: [1, 2], std: [3, 4] }
    expect(withInputChannels(model, 2, given).preprocessing).to.deep.include(given)
  })

  it('of three channels changes no weight', async () => {
    const model = await goldenModel()
    const samples = withInputChannels(model, 3, { mean: [1, 2, 3], std: [4, 5, 6] })
    expect(samples.parameters.get('backbone.conv1.weight')).to.deep.equal(
      model.parameters.get('backbone.conv1.weight'),
    )
    expect(samples.preprocessing.channels).to.equal('samples')
  })

  it('turns weights for blue, green and red to the order of the channels', async () => {
    const model = await goldenModel()
    const reversed = withInputChannels({ ...model, preprocessing: CAFFE }, 3)
    const [before, after] = [model, reversed].map(each => each.parameters.get('backbone.conv1.weight')!)
    for (const out of [0, 3])
      for (const channel of [0, 1, 2])
        expect(after.subarray((out * 3 + channel) * 49, (out * 3 + channel + 1) * 49)).to.deep.equal(
          before.subarray((out * 3 + 2 - channel) * 49, (out * 3 + 3 - channel) * 49),
        )
  })

  it('refuses channels that no network has, and statistics of others', async () => {
    const model = await goldenModel()
    const complaint = (channels: number) => () => withInputChannels(model, channels)
    for (const channels of [0, 9, 2.5])
      expect(complaint(channels)).to.throw(`channels: expected a whole number from 1 to 8, got ${channels}`)
    expect(() => withInputChannels(withInputChannels(model, 5), 4)).to.throw(
      'channels: the network takes 5, and only one of red, green and blue can be widened',
    )
    expect(() => withInputChannels(model, 5, { mean: [0], std: [1, 1, 1, 1, 1] })).to.throw(
      'channels: preprocessing.mean: expected a number for each of the 5 channels; got 1',
    )
  })

  for (const backbone of backboneNames)
    it(`widens every convolution of ${backbone} that reads the image`, async () => {
      const config = deepLabConfig({ backbone })
      await loadNetwork(config)
      const weights = imageWeights(config)
      const zeros = weights.map(({ name, shape }) => [name, new Float32Array(size(shape))] as const)
      const { preprocessing } = backboneOf(config)
      const wider = withInputChannels({ config, preprocessing, parameters: new Map(zeros) }, 6)
      const others = new Map(networkParameters(config).map(({ name, shape }) => [name, size(shape)]))
      for (const { name, shape } of networkParameters(wider.config))
        expect(wider.parameters.get(name)?.length ?? others.get(name), name).to.equal(size(shape))
    })
})
