// Networks that begin with the weights of torchvision's classification networks have its features. make_backbones.py makes the goldens.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { untrainedModel } from '../../src/library/model_files.ts'
import { builderOf } from '../../src/model/backbones/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { mobileNetNames, timmMobileNetNames } from '../../src/model/layouts/mobilenet_names.ts'
import { nameInCheckpoint, ourName, type Renaming } from '../../src/model/layouts/renaming.ts'
import { IMAGENET, TENSORFLOW } from '../../src/model/preprocessing.ts'
import { withBackbone } from '../../src/weights/backbone_weights.ts'
import type { StateDict } from '../../src/weights/tensor.ts'
import { seededImage, seededParameter } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'

interface Golden {
  name: string
  height: number
  width: number
  /** A factor on the seeded weights. */
  gain: number
  parameters: Record<string, number[]>
  shape: number[]
  /** The first channels. */
  features: number[]
}

const goldens: Golden[] = JSON.parse(readFileSync(new URL('golden/backbones.json', import.meta.url), 'utf8'))
const goldenOf = (wanted: string) => goldens.find(({ name }) => name === wanted)!

/** The checkpoint as torchvision saves it. */
function checkpointOf({ parameters, gain }: Golden): StateDict {
  const entries = Object.entries(parameters).map(([name, shape]) => {
    const drawn = shape.length === 2 ? [...shape, 1, 1] : shape
    const values = seededParameter({ name, shape: drawn })
    const data = drawn.length === 4 ? values.map(value => value * gain) : values
    return [name, { dtype: 'f32', shape, data }] as const
  })
  return new Map(entries)
}

const begun = (options: DeepLabOptions, stateDict: StateDict) =>
  withBackbone(untrainedModel(deepLabConfig(options), { size: 257 }), stateDict, 'torchvision.pth')

/** The difference from torchvision's features of a network that begins with the checkpoint. */
async function errorOf(golden: Golden, options: DeepLabOptions, stateDict: StateDict): Promise<number> {
  const { config, parameters } = begun(options, stateDict)
  const { height, width } = golden
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, height, width, 3])
  const network = { config, outputStride: config.outputStride }
  const { features, head } = builderOf(config)
  const found = features(builder, image, network)
  // VGG-16's fc6 and fc7 are of the head.
  const graph = builder.build([config.backbone === 'vgg16' ? head(builder, found, network) : found.features])
  const inputs = { image: seededImage(height, width) }
  const outputs = await runGraph(await testGpu(), graph, { inputs, parameters })
  const { name, shape } = graph.outputs[0]
  expect(shape.slice(0, 3)).to.deep.equal(golden.shape.slice(0, 3))
  const first = (outputs[name] as Float32Array).filter((_, i) => i % shape[3] < golden.shape[3])
  return relativeError(first, Float32Array.from(golden.features))
}

const TORCHVISION = mobileNetNames(index => `features.${index}`)
const MOBILENET: DeepLabOptions = {
  backbone: 'mobilenet_v2',
  depthMultiplier: 0.35,
  outputStride: 32,
  lastConvolution: true,
}

/** The checkpoint with each batch norm folded into the convolution before it, which gets a bias. */
function withFoldedNorms(stateDict: StateDict): StateDict {
  const folded = new Map<string, { dtype: 'f32'; shape: readonly number[]; data: Float32Array }>()
  for (const [name, { shape, data }] of stateDict) {
    const ours = ourName(name, TORCHVISION)
    if (!ours.endsWith('.convolution.weight')) continue
    const norm = (part: string) => {
      const theirs = nameInCheckpoint(
        ours.replace('convolution.weight', `normalization.${part}`),
        TORCHVISION,
      )
      return stateDict.get(theirs)!.data as Float32Array
    }
    const scales = norm('weight').map((gamma, i) => gamma / Math.sqrt(norm('running_var')[i] + 1e-5))
    const each = data.length / shape[0]
    const weight = (data as Float32Array).map((value, i) => value * scales[Math.floor(i / each)])
    const bias = norm('bias').map((beta, i) => beta - norm('running_mean')[i] * scales[i])
    folded.set(name, { dtype: 'f32', shape, data: weight })
    folded.set(name.replace(/weight$/, 'bias'), { dtype: 'f32', shape: [shape[0]], data: bias })
  }
  return folded
}

/** The same tensors under the names of another library. */
const renamed = (stateDict: StateDict, names: Renaming): StateDict =>
  new Map(
    [...stateDict].map(([name, tensor]) => [nameInCheckpoint(ourName(name, TORCHVISION), names), tensor]),
  )

describe("MobileNetV2 from torchvision's weights", () => {
  const golden = goldenOf('mobilenet_v2')

  it("has torchvision's features", async () => {
    expect(await errorOf(golden, MOBILENET, checkpointOf(golden))).to.be.below(1e-5)
  })

  it('has the padding, the ε of batch norm and the means that they were trained by', () => {
    const { config, preprocessing } = begun(MOBILENET, checkpointOf(golden))
    const untrained = deepLabConfig(MOBILENET)
    expect(config).to.deep.equal({ ...untrained, tfPadding: false, batchNormEpsilon: 1e-5 })
    expect(preprocessing).to.deep.equal({ ...IMAGENET, size: 257 })
  })

  it('has the same features from weights with folded batch norms', async () => {
    const folded = withFoldedNorms(checkpointOf(golden))
    expect([...folded.keys()].filter(name => name.endsWith('running_var'))).to.deep.equal([])
    expect(await errorOf(golden, MOBILENET, folded)).to.be.below(1e-5)
  })

  it("has the same weights by timm's names, and by Hugging Face's with TensorFlow's conventions", () => {
    const expected = begun(MOBILENET, checkpointOf(golden))
    const timm = begun(MOBILENET, renamed(checkpointOf(golden), timmMobileNetNames('')))
    expect(timm.config).to.deep.equal(expected.config)
    const google = begun(MOBILENET, renamed(checkpointOf(golden), []))
    expect(google.config).to.deep.equal(deepLabConfig(MOBILENET))
    expect(google.preprocessing).to.deep.equal({ ...TENSORFLOW, size: 257 })
    for (const [name, values] of expected.parameters)
      for (const { parameters } of [timm, google]) expect(parameters.get(name), name).to.deep.equal(values)
  })
})

describe("VGG-16 from torchvision's weights", () => {
  const thin = { backbone: 'vgg16', width: 1 / 8, classes: 5 } as const
  const fcn: DeepLabOptions = { ...thin, head: 'fcn32s', outputStride: 32 }
  const largeFov: DeepLabOptions = { ...thin, rates: [12] }

  it('has fully connected layers as the convolutions of FCN', async () => {
    const golden = goldenOf('vgg16, FCN')
    expect(await errorOf(golden, fcn, checkpointOf(golden))).to.be.below(1e-5)
  })

  it('has every fourth channel and three of seven taps of them in LargeFOV', async () => {
    const golden = goldenOf('vgg16, LargeFOV')
    expect(await errorOf(golden, largeFov, checkpointOf(golden))).to.be.below(1e-5)
  })

  it('has the same fc6 and fc7 in each branch of a pyramid, and an untrained fc8', () => {
    const stateDict = checkpointOf(goldenOf('vgg16, LargeFOV'))
    const one = begun(largeFov, stateDict).parameters
    const pyramid: DeepLabOptions = { ...thin, rates: [6, 12, 18, 24] }
    const { parameters } = begun(pyramid, stateDict)
    for (const layer of ['fc6', 'fc7'])
      for (const branch of [1, 2, 3, 4])
        for (const part of ['weight', 'bias'])
          expect(parameters.get(`${layer}_${branch}.${part}`)).to.deep.equal(one.get(`${layer}.${part}`))
    const untrained = untrainedModel(deepLabConfig(pyramid), { size: 257 }).parameters
    expect(parameters.get('fc8_1.weight')).to.deep.equal(untrained.get('fc8_1.weight'))
  })

  it('leaves fc6 and fc7 untrained without fully connected layers', () => {
    const stateDict = checkpointOf(goldenOf('vgg16, LargeFOV'))
    const features = new Map([...stateDict].filter(([name]) => name.startsWith('features.')))
    const { parameters } = begun(largeFov, features)
    const untrained = untrainedModel(deepLabConfig(largeFov), { size: 257 }).parameters
    expect(parameters.get('fc6.weight')).to.deep.equal(untrained.get('fc6.weight'))
    expect(parameters.get('conv5_3.weight')).to.deep.equal(stateDict.get('features.28.weight')!.data)
  })
})
