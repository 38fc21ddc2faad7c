// The graph of tiny_network.py, whose docstring lists the layers: every op of DeepLabv3 in about 10 000 parameters.

import type { Tensor } from '../../src/graph/ir/tensor.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { EPSILON } from '../../src/model/backbones/resnet_graph.ts'
import { convolutionBatchNorm } from '../../src/model/layers.ts'

/** The network from `image`, [batch, 65, 49, 3], to logits [batch, 17, 13, 6]. */
export function tinyNetwork(batch: number): ModelGraph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [batch, 65, 49, 3])
  const stem = reluUnit(builder, image, {
    convolution: 'conv1',
    batchNorm: 'bn1',
    outChannels: 8,
    kernel: 7,
    stride: 2,
  })
  const pooled = builder.maxPool(stem, { name: 'maxpool', kernel: 3, stride: 2, padding: 1 })
  const strided = bottleneck(builder, pooled, { name: 'layer1.0', stride: 2 })
  const atrous = bottleneck(builder, strided, { name: 'layer2.0', dilation: 2 })
  const features = builder.add(separable(builder, atrous), atrous, { name: 'features' })
  const [, height, width] = pooled.shape
  const projected = pyramid(builder, features)
  const resized = builder.resize(projected, { name: 'resize', height, width, alignCorners: true })
  return builder.build([
    builder.conv2d(resized, { name: 'classifier', outChannels: 6, kernel: 1, bias: true }),
  ])
}

type Layer = Omit<Parameters<typeof convolutionBatchNorm>[2], 'epsilon' | 'activation'>

const linearUnit = (builder: GraphBuilder, input: Tensor, layer: Layer): Tensor =>
  convolutionBatchNorm(builder, input, { ...layer, epsilon: EPSILON, activation: 'none' })

const reluUnit = (builder: GraphBuilder, input: Tensor, layer: Layer): Tensor =>
  convolutionBatchNorm(builder, input, { ...layer, epsilon: EPSILON, activation: 'relu' })

/** The names of a convolution and its batch norm in one of tiny_network.py's pairs. */
const pair = (name: string) => ({ convolution: `${name}.0`, batchNorm: `${name}.1` })

/** A bottleneck with 8 inner and 32 output channels. With a stride, the shortcut has a convolution. */
function bottleneck(
  builder: GraphBuilder,
  input: Tensor,
  { name, stride = 1, dilation = 1 }: { name: string; stride?: number; dilation?: number },
): Tensor {
  const names = (index: number) => ({ convolution: `${name}.conv${index}`, batchNorm: `${name}.bn${index}` })
  const reduced = reluUnit(builder, input, { ...names(1), outChannels: 8, kernel: 1 })
  const spread = reluUnit(builder, reduced, { ...names(2), outChannels: 8, kernel: 3, stride, dilation })
  const branch = linearUnit(builder, spread, { ...names(3), outChannels: 32, kernel: 1 })
  const shortcut =
    stride === 1
      ? input
      : linearUnit(builder, input, { ...pair(`${name}.downsample`), outChannels: 32, kernel: 1, stride })
  return builder.activation(builder.add(branch, shortcut, { name: `${name}.add` }), 'relu')
}

/** Depthwise with a bias, ReLU6, pointwise. */
function separable(builder: GraphBuilder, input: Tensor): Tensor {
  const depthwise = builder.depthwiseConv2d(input, { name: 'depthwise', kernel: 3, dilation: 2, bias: true })
  const clipped = builder.activation(depthwise, 'relu6')
  return linearUnit(builder, clipped, { ...pair('pointwise'), outChannels: 32, kernel: 1 })
}

/** A 1×1, an atrous and an image-pooling branch in parallel, then a projection. */
function pyramid(builder: GraphBuilder, features: Tensor): Tensor {
  const [, height, width] = features.shape
  const point = reluUnit(builder, features, { ...pair('aspp.0'), outChannels: 16, kernel: 1 })
  const atrous = reluUnit(builder, features, { ...pair('aspp.1'), outChannels: 16, kernel: 3, dilation: 6 })
  const mean = builder.globalAveragePool(features, { name: 'aspp.2.mean' })
  const image = builder.activation(
    builder.conv2d(mean, { name: 'aspp.2', outChannels: 16, kernel: 1, bias: true }),
    'relu',
  )
  const spread = builder.resize(image, { name: 'aspp.2.spread', height, width, alignCorners: false })
  const branches = builder.concat([point, atrous, spread], { name: 'aspp' })
  return reluUnit(builder, branches, { ...pair('project'), outChannels: 16, kernel: 1 })
}
