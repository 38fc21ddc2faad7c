import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { backbones } from '../../src/model/backbones/table.ts'
import { type DeepLabConfig, deepLabConfig } from '../../src/model/config.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { preset, presets } from '../../src/model/presets.ts'
import { recogniseNetwork } from '../../src/model/recognition/index.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import type { StateDict } from '../../src/weights/tensor.ts'
import { skip } from '../support/skip.ts'

const PUBLIC = new URL(
  '../../../shared/data/checkpoints/deeplabv3_mobilenet_v2_1.0_513/model.safetensors',
  import.meta.url,
)

function stateDict(shapes: Record<string, number[]>): StateDict {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'f32', shape, data: new Float32Array() }]),
  )
}

/** The tensors by which torchvision's networks are recognised. */
function resnet(units: number[], more: Record<string, number[]> = {}): StateDict {
  const blocks = units.flatMap((count, block) =>
    Array.from({ length: count }, (_, unit) => `backbone.layer${block + 1}.${unit}`),
  )
  return stateDict({
    ...Object.fromEntries(
      blocks.flatMap(unit => [1, 2, 3].map(i => [`${unit}.conv${i}.weight`, [2048, 1, 1, 1]])),
    ),
    'classifier.4.weight': [21, 256, 1, 1],
    ...more,
  })
}

const aspp = (branches: number) =>
  Object.fromEntries(
    Array.from({ length: branches }, (_, i) => [`classifier.0.convs.${i}.0.weight`, [256, 1, 3, 3]]),
  )

const architectureOf = async (tensors: StateDict) => (await recogniseNetwork(tensors))?.architecture

describe('recogniseNetwork', () => {
  it("recognises torchvision's deeplabv3_resnet50", async () => {
    const head = {
      ...aspp(4),
      'classifier.0.convs.4.1.weight': [256, 2048, 1, 1],
      'classifier.1.weight': [1, 1, 3, 3],
    }
    const found = {
      family: 'torchvision-resnet',
      classes: 21,
      unit: 'bottleneck',
      units: [3, 4, 6, 3],
      width: 1,
      fcn: false,
      aspp: { atrousBranches: 3, imagePooling: true, separable: null },
      headConvolution: true,
      decoder: null,
      auxiliaryHead: false,
    }
    expect(await architectureOf(resnet([3, 4, 6, 3], head))).to.deep.equal(found)
    const auxiliary = { ...head, 'aux_classifier.4.weight': [21, 256, 1, 1] }
    expect(await architectureOf(resnet([3, 4, 6, 3], auxiliary))).to.deep.equal({
      ...found,
      auxiliaryHead: true,
    })
  })

  it("recognises the paper's variants: cascaded blocks, no ASPP, no image pooling, no head convolution", async () => {
    expect(await architectureOf(resnet([3, 4, 23, 3, 3, 3]))).to.deep.include({
      units: [3, 4, 23, 3, 3, 3],
      aspp: null,
      headConvolution: false,
    })
    expect(await architectureOf(resnet([3, 4, 23, 3], aspp(4)))).to.deep.include({
      aspp: { atrousBranches: 3, imagePooling: false, separable: null },
    })
  })

  it("recognises Hugging Face's MobileNetV2 at every width", async () => {
    for (const [width, depthMultiplier] of [
      [448, 1.4],
      [320, 1],
      [160, 0.5],
      [112, 0.35],
    ]) {
      const tensors = stateDict({
        'mobilenet_v2.layer.15.reduce_1x1.convolution.weight': [width, 960, 1, 1],
        'segmentation_head.classifier.convolution.weight': [11, 256, 1, 1],
      })
      expect(await architectureOf(tensors)).to.deep.equal({
        family: 'huggingface-mobilenet_v2',
        depthMultiplier,
        classes: 11,
      })
    }
  })

  it('recognises every preset by its parameters', async () => {
    for (const { name, config } of presets) {
      const parameters = networkParameters(config)
      const tensors = stateDict(Object.fromEntries(parameters.map(({ name, shape }) => [name, [...shape]])))
      const found = deepLabConfig((await recogniseNetwork(tensors))!.options)
      const names = (network: DeepLabConfig) =>
        networkParameters(network).map(({ name, shape }) => `${name} ${shape}`)
      expect(found.backbone, name).to.equal(config.backbone)
      expect(names(found), name).to.have.members(names(config))
    }
  })

  it('describes a decoder, separable convolutions and FCN in one line', async () => {
    const describe = async (name: string) => {
      const parameters = networkParameters(preset(name).config)
      return (await recogniseNetwork(
        stateDict(Object.fromEntries(parameters.map(({ name, shape }) => [name, [...shape]]))),
      ))!.description
    }
    expect(await describe('deeplabv3plus_xception65')).to.equal(
      'DeepLabv3+-Xception-65, ASPP of 3 separable atrous branches and image pooling, decoder of 2 convolutions, 21 classes',
    )
    expect(await describe('fcn_resnet101')).to.equal('FCN-ResNet-101, 21 classes')
    expect(await describe('deeplabv3plus_resnet34')).to.equal(
      'DeepLabv3+-ResNet-34, ASPP of 3 atrous branches and image pooling, decoder of 2 convolutions, 21 classes',
    )
  })

  it("recognises FCN and DeepLab on VGG-16 by Caffe's names, and builds networks with their tensors", async () => {
    for (const name of [
      'fcn32s_vgg16',
      'fcn16s_vgg16',
      'fcn8s_vgg16',
      'deeplabv1_vgg16',
      'deeplabv1_msc_vgg16',
      'deeplabv2_vgg16',
    ])
      for (const width of [1, 1 / 16]) {
        const config = { ...preset(name).config, classes: 11, width } as DeepLabConfig
        const tensors = networkParameters(config).map(({ name, shape }): [string, number[]] => [
          name,
          [...shape],
        ])
        const found = (await recogniseNetwork(stateDict(Object.fromEntries(tensors))))!
        expect(found.architecture.family).to.equal('caffe-vgg16')
        expect(deepLabConfig(found.options), found.description).to.deep.include(
          config.backbone === 'vgg16' && config.head === 'atrous' ? config : { ...config, rates: [12] },
        )
      }
    const parts = { 'conv1_1.weight': [64, 3, 3, 3], 'conv5_3.weight': [512, 512, 3, 3] }
    const found = await recogniseNetwork(stateDict({ ...parts, 'score_fr.weight': [21, 4096, 1, 1] }))
    expect(found!.description).to.equal('FCN-32s-VGG-16, 21 classes')
    expect(await recogniseNetwork(stateDict(parts))).to.equal(undefined)
  })

  it("recognises DeepLab v2 on ResNet-101 by its PyTorch code's names", async () => {
    const { config } = preset('deeplabv2_resnet101')
    const shapes = networkParameters(config).map(({ name, shape }): [string, number[]] => [name, [...shape]])
    const found = (await recogniseNetwork(stateDict(Object.fromEntries(shapes))))!
    expect(deepLabConfig(found.options)).to.deep.equal(config)
    expect(found.description).to.contain('DeepLabv2-ResNet-101, ASPP of 4 branches, 21 classes')
    const thin = deepLabConfig({
      backbone: 'deeplabv2_resnet101',
      units: [3, 4, 6, 3],
      width: 0.25,
      classes: 5,
    })
    const names = networkParameters(thin).map(({ name, shape }): [string, number[]] => [name, [...shape]])
    expect(
      deepLabConfig((await recogniseNetwork(stateDict(Object.fromEntries(names))))!.options),
    ).to.deep.equal(thin)
  })

  it('does not recognise other networks', async () => {
    expect(await architectureOf(new Map())).to.equal(undefined)
    expect(
      await architectureOf(stateDict({ 'conv1.weight': [64, 3, 7, 7], 'fc.weight': [1000, 512] })),
    ).to.equal(undefined)
  })

  it('recognises the public MobileNetV2 checkpoint', async function () {
    if (!existsSync(PUBLIC)) skip(this, '../shared/data is absent')
    const tensors = readCheckpoint(readFileSync(PUBLIC), 'model.safetensors')
    expect(tensors.size).to.equal(326)
    expect(await architectureOf(tensors)).to.deep.equal({
      family: 'huggingface-mobilenet_v2',
      depthMultiplier: 1,
      classes: 21,
    })
  })
})

describe('isUnused', () => {
  it("knows torchvision's auxiliary head and the last convolution of MobileNetV2", async () => {
    const isUnused = (backbone: keyof typeof backbones, name: string) =>
      backbones[backbone].checkpoint.isUnused(name)
    expect(isUnused('resnet50', 'aux_classifier.0.weight')).to.equal(true)
    expect(isUnused('resnet50', 'classifier.0.convs.0.0.weight')).to.equal(false)
    const unused = 'mobilenet_v2.conv_1x1.convolution.weight'
    expect(isUnused('mobilenet_v2', unused)).to.equal(true)
    expect(isUnused('resnet50', unused)).to.equal(false)
  })
})
