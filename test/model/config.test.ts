import { expect } from 'chai'
import { vocClasses } from '../../src/data/class_names.ts'
import { UserError } from '../../src/errors.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { backboneNames } from '../../src/model/backbones/index.ts'
import { mobileNetV2 } from '../../src/model/backbones/mobilenet_v2.ts'
import {
  type DeepLabOptions,
  deepLabConfig,
  type MobileNetV2Config,
  outputStrides,
} from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset, presets } from '../../src/model/presets.ts'
import { fromHuggingFaceConfig } from '../../src/model/recognition/hugging_face.ts'

describe('deepLabConfig', () => {
  it("defaults to the paper's best: multi-grid 1, 2, 4 and ASPP 6, 12, 18 with image pooling", () => {
    expect(deepLabConfig({ backbone: 'resnet101' })).to.deep.include({
      classes: 21,
      outputStride: 16,
      multiGrid: [1, 2, 4],
      aspp: { rates: [6, 12, 18], imagePooling: true, separable: null },
      decoder: null,
    })
  })

  it('completes a partial ASPP, ignores undefined and shares no objects between configs', () => {
    const config = deepLabConfig({ backbone: 'resnet50', classes: undefined, aspp: { imagePooling: false } })
    expect(config).to.deep.include({
      classes: 21,
      aspp: { rates: [6, 12, 18], imagePooling: false, separable: null },
    })
    const [a, b] = [deepLabConfig({ backbone: 'resnet50' }), deepLabConfig({ backbone: 'resnet50' })]
    expect(a)
      .to.have.property('aspp')
      .that.does.not.equal(b.backbone === 'resnet50' && b.aspp)
  })

  it('survives JSON', () => {
    for (const { name, config } of presets)
      expect(deepLabConfig(JSON.parse(JSON.stringify(config))), name).to.deep.equal(config)
  })

  const nonsense: [options: object, message: string][] = [
    [{ backbone: 'alexnet' }, `backbone: expected ${backboneNames.join(', ')}; got "alexnet"`],
    [{ classes: 1 }, 'classes: expected 2 to 255; got 1'],
    [{ multigrid: [1, 2, 4] }, 'multigrid: there is no such field'],
    [{ outputStride: 12 }, 'outputStride: expected 8, 16, 32; got 12'],
    [{ outputStride: 64 }, 'outputStride: expected 8, 16, 32; got 64'],
    [{ lastBlock: 5, outputStride: 128 }, 'outputStride: expected 8, 16, 32, 64; got 128'],
    [{ lastBlock: 8 }, 'lastBlock: expected 4, 5, 6, 7; got 8'],
    [{ multiGrid: [1, 2] }, "multiGrid: expected a rate for each of block4's 3 units; got 2"],
    [{ multiGrid: [1, 2, 0] }, 'multiGrid: expected whole numbers from 1 to 1024; got [1,2,0]'],
    [{ units: [3, 4] }, 'units: expected four whole numbers from 1 to 100; got [3,4]'],
    [
      { aspp: { rates: [6, -12] } },
      'aspp.rates: expected at most 16 whole numbers from 1 to 1024; got [6,-12]',
    ],
    [{ aspp: { rates: 6 } }, 'aspp.rates: expected at most 16 whole numbers from 1 to 1024; got 6'],
    [{ aspp: { pooling: true } }, 'aspp.pooling: there is no such field'],
    [{ aspp: null, headConvolution: true }, 'headConvolution: expected false without ASPP; got true'],
    [{ firstUnitRate: 'torchvision' }, 'firstUnitRate: expected block, previousBlock; got "torchvision"'],
    [{ width: 0 }, 'width: expected a number above 0, at most 4; got 0'],
    [{ classes: 256 }, 'classes: expected 2 to 255; got 256'],
    [{ units: [1e9, 1, 1, 1] }, 'units: expected four whole numbers from 1 to 100; got [1000000000,1,1,1]'],
    [{ width: 1e9 }, 'width: expected a number above 0, at most 4; got 1000000000'],
    [
      { backbone: 'mobilenet_v2', minDepth: 1e9 },
      'minDepth: expected a whole number from 1 to 1024; got 1000000000',
    ],
    [{ backbone: 'mobilenet_v2', multiGrid: [1, 1, 1] }, 'multiGrid: there is no such field'],
    [{ backbone: 'mobilenet_v2', decoder: {} }, 'decoder: expected null without ASPP; got a decoder'],
    [{ aspp: { separable: 'depthwise' } }, 'aspp.separable: expected pointwise, both, null; got "depthwise"'],
    [{ decoder: { lowLevelStride: 16 } }, 'decoder.lowLevelStride: expected 4, 8; got 16'],
    [{ decoder: { convolutions: 4 } }, 'decoder.convolutions: expected 1, 2, 3; got 4'],
    [
      { decoder: { lowLevelStride: 8, stages: 2 } },
      'decoder.stages: expected 1 with lowLevelStride 8; got 2',
    ],
    [{ decoder: { channels: 0 } }, 'decoder.channels: expected a whole number from 1 to 1024; got 0'],
    [{ decoder: {}, outputStride: 4 }, 'outputStride: expected 8, 16, 32; got 4'],
    [{ fcn: true }, 'fcn: expected false with ASPP or a decoder; got true'],
    [
      { backbone: 'xception65', multiGrid: [1, 2] },
      'multiGrid: expected three whole numbers from 1 to 64; got [1,2]',
    ],
    [{ backbone: 'vgg16', head: 'fcn4s' }, 'head: expected fcn32s, fcn16s, fcn8s, atrous; got "fcn4s"'],
    [{ backbone: 'vgg16', head: 'fcn8s' }, 'outputStride: expected 32; got 8'],
    [{ backbone: 'vgg16', outputStride: 32 }, 'outputStride: expected 8, 16; got 32'],
    [{ backbone: 'vgg16', rates: [] }, 'rates: expected 1 to 16 whole numbers from 1 to 1024; got []'],
    [
      { backbone: 'vgg16', head: 'fcn8s', outputStride: 32, multiScale: true },
      'multiScale: expected false with a head of FCN; got true',
    ],
    [{ backbone: 'deeplabv2_resnet101', outputStride: 4 }, 'outputStride: expected 8, 16; got 4'],
    [{ backbone: 'mobilenet_v2', outputStride: 64 }, 'outputStride: expected 8, 16, 32; got 64'],
    [
      { backbone: 'mobilenet_v2', depthMultiplier: -1 },
      'depthMultiplier: expected a number above 0, at most 4; got -1',
    ],
  ]
  for (const [options, message] of nonsense)
    it(`refuses ${JSON.stringify(options)}`, () => {
      const given = { backbone: 'resnet50', ...options } as DeepLabOptions
      expect(() => deepLabConfig(given)).to.throw(UserError, message)
    })
})

describe('deepLab', () => {
  it('refuses an output stride beyond the blocks and an image of other than three channels', () => {
    const builder = new GraphBuilder()
    const config = deepLabConfig({ backbone: 'resnet50' })
    const image = builder.input('image', [1, 65, 65, 3])
    expect(() => deepLab(builder, image, config, 64)).to.throw(
      UserError,
      'outputStride: expected 8, 16, 32; got 64',
    )
    const grey = builder.input('grey', [1, 65, 65, 1])
    expect(() => deepLab(builder, grey, config)).to.throw(
      UserError,
      'deepLab: expected 3 channels, got 1 (grey)',
    )
  })
})

describe('presets', () => {
  it('have unique names, and reach their output strides', () => {
    expect(new Set(presets.map(({ name }) => name)).size).to.equal(presets.length)
    for (const { name, config, inference } of presets)
      expect(outputStrides(config), name).to.include(inference.outputStride)
  })

  it("agree if two of the paper's tables report the same network", () => {
    const meanIoU = (name: string) => preset(name).paperMeanIoU
    expect(meanIoU('table1.os16')).to.equal(meanIoU('table2.resnet50.block7.os16'))
    expect(meanIoU('table3.mg111.block5.os16')).to.equal(meanIoU('table2.resnet101.block5.os16'))
    expect(meanIoU('table4.os16')).to.equal(meanIoU('table3.mg121.block7.os16'))
    expect(meanIoU('table6.os16')).to.equal(meanIoU('table5.mg124.aspp6-12-18.pool.os16'))
  })

  it('suggest similar names for an unknown name', () => {
    expect(() => preset('table1.os4')).to.throw(
      UserError,
      'no preset is named table1.os4; there are table1.os8, ',
    )
    expect(() => preset('table9')).to.throw(UserError, 'there are deeplabv3_resnet50, ')
  })
})

describe("Hugging Face's config.json", () => {
  const { write } = mobileNetV2.checkpoint.huggingFace
  const read = fromHuggingFaceConfig
  const fromHuggingFace = (json: object) => {
    const { options, classNames } = read({ ...json }, 'config.json')
    return { config: deepLabConfig(options, 'config.json'), classNames }
  }
  const names = ['background', 'road', 'sky']
  const config = deepLabConfig({
    backbone: 'mobilenet_v2',
    classes: 3,
    depthMultiplier: 0.35,
  }) as MobileNetV2Config

  it('is read as it was written', () => {
    expect(fromHuggingFace(write(config, names))).to.deep.equal({ config, classNames: names })
  })

  it("has the defaults of Hugging Face's class, such as output stride 32", () => {
    const { config } = fromHuggingFace({ model_type: 'mobilenet_v2', id2label: { 0: 'a', 1: 'b' } })
    expect(config).to.deep.include({ outputStride: 32, classes: 2, batchNormEpsilon: 0.001, tfPadding: true })
  })

  it('keeps the convention of upsampling', () => {
    const aligned = { ...config, alignCorners: true }
    expect(mobileNetV2.checkpoint.huggingFace.describes(aligned)).to.equal(true)
    expect(fromHuggingFace(write(aligned, names)).config).to.deep.equal(aligned)
  })

  it("aligns corners of Google's weights, which have VOC's classes, where it does not say how to upsample", () => {
    const labels = (classNames: readonly string[]) => ({ id2label: { ...classNames } })
    const alignCorners = (json: object) => fromHuggingFace(json).config.alignCorners
    expect(alignCorners(labels(vocClasses))).to.equal(true)
    expect(alignCorners({ ...labels(vocClasses), align_corners: false })).to.equal(false)
    expect(alignCorners(labels(names))).to.equal(false)
    expect(alignCorners(labels(vocClasses.map((_, id) => `class ${id}`)))).to.equal(false)
  })

  it('is refused for other models and with missing classes', () => {
    expect(() => fromHuggingFace({ model_type: 'segformer' })).to.throw(
      UserError,
      'config.json: model_type: expected mobilenet_v2; got "segformer"',
    )
    expect(() => fromHuggingFace({})).to.throw(UserError, 'config.json: id2label: missing')
    expect(() => fromHuggingFace({ id2label: { 0: 'a', 2: 'b' } })).to.throw(
      UserError,
      'config.json: id2label: there is no class 1',
    )
    expect(() => write(config, ['one'])).to.throw(UserError, 'expected 3 class names, got 1')
  })
})
