// Checks the contents of ONNX files with ONNX's schema. onnxruntime.test.ts runs the files.

import { fromBinary } from '@bufbuild/protobuf'
import { expect } from 'chai'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import type { OnnxExportOptions } from '../../src/onnx/deeplab.ts'
import { encodeDeepLab } from '../../src/onnx/deeplab.ts'
import {
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  type ValueInfoProto,
} from '../../src/onnx/onnx_pb.ts'
import { seededParameter } from '../model/seeded_weights.ts'
import type { Array4 } from '../reference/array4.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'

const RESNET: DeepLabOptions = { backbone: 'resnet50', width: 1 / 16, classes: 5 }
const MOBILENET: DeepLabOptions = { backbone: 'mobilenet_v2', depthMultiplier: 0.35, classes: 7 }

function seeded(options: DeepLabOptions) {
  const config = deepLabConfig(options)
  const parameters = new Map(networkParameters(config).map(each => [each.name, seededParameter(each)]))
  return { config, parameters }
}

const exported = (network: DeepLabOptions, options?: OnnxExportOptions) =>
  fromBinary(ModelProtoSchema, encodeDeepLab(seeded(network), options))

const graphOf = (network: DeepLabOptions, options?: OnnxExportOptions) => exported(network, options).graph!

const nodeNamed = ({ node }: GraphProto, name: string) => node.find(each => each.name === name)!

const nodesOf = ({ node }: GraphProto, type: string) => node.filter(({ opType }) => opType === type)

/** A node's attributes as plain values. */
const attributes = ({ attribute }: NodeProto) =>
  Object.fromEntries(
    attribute.map(({ name, type, i, ints, s }) => {
      const values = { 2: Number(i), 3: new TextDecoder().decode(s), 7: ints.map(Number) }
      return [name, values[type as keyof typeof values]]
    }),
  )

const shape = ({ type }: ValueInfoProto) =>
  type!.value.value!.shape!.dim.map(({ value }) =>
    value.case === 'dimValue' ? Number(value.value) : value.value,
  )

/** A constant's float32 values. */
function floats({ initializer }: GraphProto, name: string): Float32Array {
  const { rawData } = initializer.find(each => each.name === name)!
  return new Float32Array(rawData.slice().buffer)
}

describe('ONNX files', () => {
  it('state their version of ONNX', () => {
    const { irVersion, opsetImport, producerName } = exported(RESNET)
    expect([irVersion, producerName]).to.deep.equal([8n, 'atrous'])
    expect(opsetImport.map(({ domain, version }) => [domain, version])).to.deep.equal([['', 17n]])
  })

  describe('inputs and outputs', () => {
    const ends = ({ input, output }: GraphProto) =>
      [...input, ...output].map(each => [each.name, ...shape(each)])

    it('of any size', () => {
      expect(ends(graphOf(RESNET))).to.deep.equal([
        ['pixel_values', 'batch_size', 3, 'height', 'width'],
        ['logits', 'batch_size', 5, 'logits_height', 'logits_width'],
      ])
    })

    it('of one size', () => {
      const options = { outputStride: 8, size: { height: 97, width: 130 } }
      expect(ends(graphOf(RESNET, options))).to.deep.equal([
        ['pixel_values', 1, 3, 97, 130],
        ['logits', 1, 5, 13, 17],
      ])
    })
  })

  for (const [name, network] of Object.entries({ RESNET, MOBILENET }))
    describe(`the graph of ${name}`, () => {
      const { node, initializer, input, output } = graphOf(network)

      it('computes every value once, before it is read, and reads every constant', () => {
        const known = new Set([...input, ...initializer].map(each => each.name))
        for (const { name, input: reads, output: makes } of node) {
          for (const read of reads.filter(Boolean)) expect(known, name).to.include(read)
          for (const made of makes) expect(known, name).not.to.include(made)
          for (const made of makes) known.add(made)
        }
        expect(known).to.include(output[0].name)
        const read = new Set(node.flatMap(each => each.input))
        for (const { name } of initializer) expect(read).to.include(name)
      })

      it('has as many values in each constant as its shape states', () => {
        for (const { name, dims, rawData, dataType } of initializer) {
          expect(rawData.length, name).to.equal(4 * dims.reduce((size, dim) => size * Number(dim), 1))
          expect(dataType, name).to.equal(1)
        }
      })

      it('has only the ops and constants that inference needs', () => {
        const convolutions = networkParameters(deepLabConfig(network)).filter(each => each.shape.length === 4)
        expect(node.filter(({ opType }) => opType === 'Conv')).to.have.length(convolutions.length)
        expect(node.map(({ opType }) => opType)).not.to.include.any.members(['BatchNormalization', 'Dropout'])
      })
    })

  it('have no auxiliary head', () => {
    const graph = graphOf({ ...RESNET, auxiliaryHead: true } as DeepLabOptions)
    expect(graph.initializer.filter(({ name }) => name.startsWith('aux_classifier'))).to.deep.equal([])
  })

  it('have the strides and dilations of the output stride', () => {
    const at = (outputStride: number) => {
      const graph = graphOf(RESNET, { outputStride })
      const layers = [
        'backbone.layer4.0.bn2',
        'backbone.layer4.2.bn2',
        ...[1, 2, 3].map(i => `classifier.0.convs.${i}.1`),
      ]
      return layers.map(name => {
        const { strides, dilations, pads, group } = attributes(nodeNamed(graph, name))
        expect(pads).to.deep.equal([...(dilations as number[]), ...(dilations as number[])])
        expect(group).to.equal(1)
        return [(strides as number[])[0], (dilations as number[])[0]]
      })
    }
    expect(at(8)).to.deep.equal([
      [1, 4],
      [1, 16],
      [1, 12],
      [1, 24],
      [1, 36],
    ])
    expect(at(16)).to.deep.equal([
      [1, 2],
      [1, 8],
      [1, 6],
      [1, 12],
      [1, 18],
    ])
    expect(at(32)).to.deep.equal([
      [2, 1],
      [1, 4],
      [1, 3],
      [1, 6],
      [1, 9],
    ])
  })

  it('max-pool over 3×3', () => {
    const [pool, ...others] = nodesOf(graphOf(RESNET), 'MaxPool')
    expect(others).to.deep.equal([])
    expect(attributes(pool)).to.deep.equal({ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
  })

  describe("TensorFlow's padding", () => {
    const [stem, atrous] = ['conv_stem.first_conv', 'layer.15.conv_3x3'].map(
      layer => `mobilenet_v2.${layer}.normalization`,
    )
    const padding = (name: string, options?: OnnxExportOptions) => {
      const { auto_pad, pads } = attributes(nodeNamed(graphOf(MOBILENET, options), name))
      return auto_pad ?? pads
    }

    it('is computed at run time if it depends on the size because of a stride', () => {
      expect(padding(stem)).to.equal('SAME_UPPER')
      expect(padding(atrous)).to.deep.equal([2, 2, 2, 2])
    })

    it('is fixed for a file of one size', () => {
      expect(padding(stem, { size: { height: 64, width: 64 } })).to.deep.equal([0, 0, 1, 1])
      expect(padding(stem, { size: { height: 64, width: 65 } })).to.deep.equal([0, 1, 1, 1])
    })

    it("differs from PyTorch's, which is the same at all sizes", () => {
      const { node } = graphOf({ ...MOBILENET, tfPadding: false } as DeepLabOptions)
      expect(node.flatMap(each => each.attribute.map(({ name }) => name))).not.to.include('auto_pad')
    })
  })

  it('convolve depthwise with one group per channel, and clip at 6', () => {
    const graph = graphOf(MOBILENET)
    const filtered = nodeNamed(graph, 'mobilenet_v2.layer.3.conv_3x3.normalization')
    const weight = graph.initializer.find(({ name }) => name === filtered.input[1])!
    expect(weight.dims.slice(1)).to.deep.equal([1n, 3n, 3n])
    expect(attributes(filtered).group).to.equal(Number(weight.dims[0]))
    const [clip] = graph.node.filter(({ input }) => input.includes(filtered.output[0]))
    expect(clip.opType).to.equal('Clip')
    expect(clip.input.slice(1).map(name => [...floats(graph, name)])).to.deep.equal([[0], [6]])
  })

  it('resize the pooled feature to the features’ size, in the convention of the network', () => {
    const modes = [RESNET, MOBILENET].map(network => {
      const graph = graphOf(network)
      const [resize, ...others] = nodesOf(graph, 'Resize')
      expect(others).to.deep.equal([])
      const [, , , size] = resize.input
      const [vector, map] = nodeNamed(graph, size).input.map(name => nodeNamed(graph, name))
      expect([vector, map].map(attributes)).to.deep.equal([
        { start: 0, end: 2 },
        { start: 2, end: 4 },
      ])
      expect(vector.input).to.deep.equal([resize.input[0]])
      return attributes(resize).coordinate_transformation_mode
    })
    expect(modes).to.deep.equal(['half_pixel', 'align_corners'])
  })

  it('fold batch norm into the weights', () => {
    const { config, parameters } = seeded(MOBILENET)
    const graph = fromBinary(ModelProtoSchema, encodeDeepLab({ config, parameters })).graph!
    const layer = 'mobilenet_v2.layer.2.conv_3x3'
    const vector = (name: string) => Float64Array.from(parameters.get(`${layer}.normalization.${name}`)!)
    const weight = parameters.get(`${layer}.convolution.weight`)!
    const expected = foldBatchNorm({
      weight: { shape: [weight.length / 9, 1, 3, 3], data: Float64Array.from(weight) } as Array4,
      gamma: vector('weight'),
      beta: vector('bias'),
      mean: vector('running_mean'),
      variance: vector('running_var'),
      epsilon: 1e-3,
    })
    expect(floats(graph, `${layer}.convolution.weight`)).to.deep.equal(
      Float32Array.from(expected.weight.data),
    )
    expect(floats(graph, `${layer}.convolution.bias`)).to.deep.equal(Float32Array.from(expected.bias))
  })

  it('do not change the classifier, which has no batch norm', () => {
    const { config, parameters } = seeded(RESNET)
    const graph = fromBinary(ModelProtoSchema, encodeDeepLab({ config, parameters })).graph!
    for (const name of ['classifier.4.weight', 'classifier.4.bias'])
      expect(floats(graph, name)).to.deep.equal(parameters.get(name))
  })
})
