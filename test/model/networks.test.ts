import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { Parameter } from '../../src/graph/ir/tensor.ts'
import type { Conv2dOp } from '../../src/graph/ops/conv2d.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { type DeepLabConfig, deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset, presets } from '../../src/model/presets.ts'
import { fromHuggingFaceConfig } from '../../src/model/recognition/hugging_face.ts'
import { skip } from '../support/skip.ts'
import { goldenCases, goldenGraph, torchvisionParameters } from './golden.ts'
import { multiplyAdds } from './papers/multiply_adds.ts'

const CHECKPOINT = new URL(
  '../../../shared/data/checkpoints/deeplabv3_mobilenet_v2_1.0_513/',
  import.meta.url,
)

function build(config: DeepLabConfig, outputStride: number, size = 65): ModelGraph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, size, size, 3])
  return builder.build([deepLab(builder, image, config, outputStride)])
}

const convolution = (graph: ModelGraph, name: string) => graph.ops.find(op => op.name === name) as Conv2dOp

/** The dilations of the 3×3 convolutions of a block, unit by unit. */
const rates = (graph: ModelGraph, block: number) =>
  graph.ops
    .filter((op): op is Conv2dOp => op.kind === 'conv2d' && isUnitConvolution(op.name, block))
    .map(op => op.dilation)

const isUnitConvolution = (name: string, block: number) =>
  name.startsWith(`backbone.layer${block}.`) && name.endsWith('.conv2')

const shapes = (parameters: Parameter[]) =>
  Object.fromEntries(parameters.map(({ name, shape }) => [name, [...shape]]))

describe('networks', () => {
  for (const { name, config, inference } of presets)
    it(`builds ${name}`, () => {
      const [logits] = build(config, inference.outputStride).outputs
      const isFcn = 'head' in config && config.head !== 'atrous'
      const stride = isFcn ? 1 : 'decoder' in config ? config.decoder?.lowLevelStride : undefined
      const size = Math.ceil(65 / (stride ?? inference.outputStride))
      expect(logits.shape).to.deep.equal([1, size, size, config.classes])
    })

  for (const golden of goldenCases())
    it(`has the shape of PyTorch's logits: ${golden.name}, output stride ${golden.outputStride}, ${golden.height}×${golden.width}`, () => {
      expect(goldenGraph(golden).outputs[0].shape).to.deep.equal(golden.shape)
    })

  it('has the same parameters at every output stride', () => {
    for (const name of ['table1.os8', 'deeplabv3_resnet50', 'deeplabv3_mobilenet_v2']) {
      const { config } = preset(name)
      const [at8, at16] = [8, 16].map(outputStride => shapes(graphParameters(build(config, outputStride))))
      expect(at16, name).to.deep.equal(at8)
    }
  })
})

describe('multiply-adds', () => {
  it("of DeepLabv3+'s decoder are those of its Tables 3 and 5: the difference that it makes at output stride 8", () => {
    const at8 = (network: string) =>
      multiplyAdds(preset(`${network}.os8`).config, { size: 513, outputStride: 8 })
    expect(at8('deeplabv3plus.table3') - at8('table6')).to.be.closeTo(297.92 - 276.18, 0.05)
    expect(at8('deeplabv3plus.table5.decoder') - at8('deeplabv3plus.table5.encoder')).to.be.closeTo(
      21.74,
      0.05,
    )
  })
})

describe('atrous rates and strides', () => {
  const cascade = (outputStride: number) => build(preset('table1.os256').config, outputStride, 257)

  it("follow the paper's Figure 3 at output stride 16: 2, 4, 8, 16 from block4 to block7", () => {
    const graph = cascade(16)
    expect([1, 2, 3, 4, 5, 6, 7].map(block => rates(graph, block)[0])).to.deep.equal([1, 1, 1, 2, 4, 8, 16])
  })

  it('double at output stride 8, and start at block3', () => {
    const graph = cascade(8)
    expect([1, 2, 3, 4, 5, 6, 7].map(block => rates(graph, block)[0])).to.deep.equal([1, 1, 2, 4, 8, 16, 32])
  })

  it('are all 1 at output stride 256, where every block except the first has its stride', () => {
    const graph = cascade(256)
    const sizes = [1, 2, 3, 4, 5, 6, 7].map(
      block => convolution(graph, `backbone.layer${block}.0.conv2`).output.shape[1],
    )
    expect(sizes).to.deep.equal([65, 33, 17, 9, 5, 3, 2])
    expect([1, 2, 3, 4, 5, 6, 7].flatMap(block => rates(graph, block))).to.satisfy((all: number[]) =>
      all.every(rate => rate === 1),
    )
  })

  it("multiply the multi-grid by the block's rate (section 3.2.1)", () => {
    const { config } = preset('table3.mg124.block5.os16')
    expect(rates(build(config, 16), 3)).to.deep.equal(new Array(23).fill(1))
    expect(rates(build(config, 16), 4)).to.deep.equal([2, 4, 8])
    expect(rates(build(config, 16), 5)).to.deep.equal([4, 8, 16])
    expect(rates(build(config, 8), 4)).to.deep.equal([4, 8, 16])
  })

  it("keep the previous block's rate in a block's first unit, in torchvision's convention", () => {
    const { config } = preset('deeplabv3_resnet50')
    const at8 = build(config, 8)
    expect(rates(at8, 3)).to.deep.equal([1, 2, 2, 2, 2, 2])
    expect(rates(at8, 4)).to.deep.equal([2, 4, 4])
    expect(rates(build(config, 16), 4)).to.deep.equal([1, 2, 2])
  })

  it('of ASPP double at output stride 8 (section 3.3)', () => {
    const { config } = preset('table5.mg124.aspp6-12-18-24.os16')
    const asppRates = (graph: ModelGraph) =>
      [1, 2, 3, 4].map(i => convolution(graph, `classifier.0.convs.${i}.0`).dilation)
    expect(asppRates(build(config, 16))).to.deep.equal([6, 12, 18, 24])
    expect(asppRates(build(config, 8))).to.deep.equal([12, 24, 36, 48])
  })

  it('of MobileNetV2 start at the unit after the one that loses its stride', () => {
    const config = deepLabConfig({ backbone: 'mobilenet_v2' })
    const dilations = (outputStride: number) => {
      const graph = build(config, outputStride)
      return [4, 5, 6, 12, 13].map(
        i => convolution(graph, `mobilenet_v2.layer.${i}.conv_3x3.convolution`).dilation,
      )
    }
    expect(dilations(32)).to.deep.equal([1, 1, 1, 1, 1])
    expect(dilations(16)).to.deep.equal([1, 1, 1, 1, 2])
    expect(dilations(8)).to.deep.equal([1, 1, 2, 2, 4])
  })
})

describe('parameters', () => {
  for (const name of ['deeplabv3_resnet50', 'deeplabv3_resnet101'])
    it(`of ${name} are torchvision's`, () => {
      const parameters = graphParameters(build(preset(name).config, 8))
      expect(shapes(parameters)).to.deep.equal(torchvisionParameters[name])
    })

  it("of MobileNetV2 are those of Hugging Face's checkpoint", function () {
    const file = new URL('model.safetensors', CHECKPOINT)
    if (!existsSync(file)) skip(this, 'no shared checkpoint here')
    const json = JSON.parse(readFileSync(new URL('config.json', CHECKPOINT), 'utf8'))
    const { options } = fromHuggingFaceConfig(json, 'config.json')
    const ours = shapes(graphParameters(build(deepLabConfig(options), 16)))
    expect(ours).to.deep.equal(floatShapes(readFileSync(file)))
  })

  it('have channels in multiples of four at a fraction of the width', () => {
    const config = deepLabConfig({ backbone: 'resnet50', width: 0.1 })
    for (const { name, shape } of graphParameters(build(config, 16)))
      if (!name.startsWith('classifier.4')) expect(shape[0] % 4, name).to.equal(0)
  })
})

/** Names and shapes in the header of a safetensors file, without the counters of PyTorch's batch norms. */
function floatShapes(file: Buffer): Record<string, number[]> {
  const header: Record<string, { dtype: string; shape: number[] }> = JSON.parse(
    file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))),
  )
  const floats = Object.entries(header).filter(([, { dtype }]) => dtype === 'F32')
  return Object.fromEntries(floats.map(([name, { shape }]) => [name, shape]))
}
