import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { initialWeights, networkParameters } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { withBackbone } from '../../src/weights/backbone_weights.ts'
import type { StateDict } from '../../src/weights/tensor.ts'

/** The weights that a network gets from a checkpoint. */
const backboneWeights = (config: DeepLabConfig, stateDict: StateDict, source: string) =>
  withBackbone({ config, preprocessing: IMAGENET, parameters: new Map() }, stateDict, source).parameters

const RESNET: DeepLabOptions = {
  backbone: 'resnet50',
  units: [1, 1, 1, 3],
  width: 1 / 16,
  lastBlock: 6,
  aspp: null,
}

/** A checkpoint of the classification network whose weights are those of `seed`. */
function classifier(options: DeepLabOptions, seed: number): StateDict {
  const config = deepLabConfig(options)
  const values = initialWeights(config, seed)
  const entries = networkParameters(config).flatMap(({ name, shape }) => {
    const isOfBackbone = name.startsWith('backbone.') && !/layer[5-7]/.test(name)
    const tensor = { dtype: 'f32', shape, data: values.get(name)! } as const
    return isOfBackbone ? [[name.slice('backbone.'.length), tensor] as const] : []
  })
  return new Map([...entries, ['fc.weight', { dtype: 'f32', shape: [1], data: new Float32Array(1) }]])
}

describe('backboneWeights', () => {
  it('has every parameter of a ResNet, its cascaded blocks as copies of block4, and ignores the rest', () => {
    const found = backboneWeights(deepLabConfig(RESNET), classifier(RESNET, 1), 'resnet.pth')
    const expected = initialWeights(deepLabConfig(RESNET), 1)
    const names = networkParameters(deepLabConfig(RESNET)).map(({ name }) => name)
    const readsMore = /layer[56]\.0\.(conv1|downsample\.0)\.weight/
    expect([...found.keys()]).to.have.members(
      names.filter(name => name.startsWith('backbone.') && !readsMore.test(name)),
    )
    for (const [name, values] of found)
      expect(values, name).to.deep.equal(expected.get(name.replace(/layer[56]\./, 'layer4.')))
  })

  it("has every parameter of Xception-65 by timm's names", () => {
    const options: DeepLabOptions = { backbone: 'xception65', width: 1 / 64 }
    const found = backboneWeights(deepLabConfig(options), classifier(options, 1), 'xception.safetensors')
    expect(found.get('backbone.stem.0.conv.weight')).to.deep.equal(
      initialWeights(deepLabConfig(options), 1).get('backbone.stem.0.conv.weight'),
    )
  })

  it('names what a checkpoint lacks, by its own names', () => {
    const checkpoint = classifier(RESNET, 1)
    checkpoint.delete('layer4.2.conv3.weight')
    expect(() => backboneWeights(deepLabConfig(RESNET), checkpoint, 'resnet.pth')).to.throw(
      UserError,
      /^resnet\.pth is not a checkpoint of the backbone resnet50: 1 missing\n {2}missing: layer4\.2\.conv3\.weight$/,
    )
  })

  it('refuses a backbone that these libraries build otherwise', () => {
    const config = deepLabConfig({ backbone: 'deeplabv2_resnet101' })
    expect(() => backboneWeights(config, new Map(), 'x.pth')).to.throw(
      UserError,
      'x.pth: backbone weights are read for resnet18, resnet34, resnet50, resnet101, xception65, mobilenet_v2, vgg16, not for deeplabv2_resnet101',
    )
  })
})
