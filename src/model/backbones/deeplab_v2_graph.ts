// DeepLab v2 on ResNet-101 (Chen et al. 2016): the ResNet of He et al. 2015, whose blocks have their stride in the first 1×1
// convolution ("v1"), and ASPP as a sum. Parameters carry the names of the PyTorch code by K. Nakashima: `base` is one scale of the
// network, `layer1` the stem, and `layer2` to `layer5` are the four blocks.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionBatchNorm, dropped, rateAt } from '../layers.ts'
import type { Features, NetworkBuilder, NetworkParts } from './backbone.ts'
import type { DeepLabV2Config } from './deeplab_v2_config.ts'
import { scaledChannels } from './scaled_channels.ts'

type Network = NetworkParts<DeepLabV2Config>

/** A bottleneck: 1×1 to `inner` channels with the stride, 3×3 with the dilation, 1×1 to `outer` channels, and a shortcut. */
interface Bottleneck {
  name: string
  inner: number
  outer: number
  stride: number
  dilation: number
  /** Whether the shortcut is a convolution, as in each block's first unit. */
  projection: boolean
}

const EPSILON = 1e-5
/** The stem halves the map twice: by its convolution and by its max pooling. */
const STEM_STRIDE = 4

/** The image [n, h, w, 3] → the last block's output [n, h', w', 2048 · width]. */
export function deepLabV2Features(
  builder: GraphBuilder,
  image: Tensor,
  { config, outputStride }: Network,
): Features {
  const stem = builder.unit('base.layer1', () => {
    const convolved = layer(builder, image, {
      ...{ name: 'base.layer1.conv1', outChannels: scaledChannels(64, config) },
      ...{ kernel: 7, stride: 2, activation: 'relu' },
    })
    const pooling = { kernel: 3, stride: 2, padding: 1, ceilMode: true }
    return builder.maxPool(convolved, { name: 'base.layer1.pool', ...pooling })
  })
  const run = (x: Tensor, unit: Bottleneck) => builder.unit(unit.name, () => bottleneck(builder, x, unit))
  return { features: bottlenecks(config, outputStride).reduce(run, stem) }
}

/** Once the map is `outputStride` times smaller than the image, the strides of later blocks become rates. */
function bottlenecks(config: DeepLabV2Config, outputStride: number): Bottleneck[] {
  let [stride, dilation] = [STEM_STRIDE, 1]
  return config.units.flatMap((count, block) => {
    const strides = block > 0 && stride < outputStride
    if (strides) stride *= 2
    else if (block > 0) dilation *= 2
    return Array.from({ length: count }, (_, unit) => ({
      name: `base.layer${block + 2}.block${unit + 1}`,
      inner: scaledChannels(64 * 2 ** block, config),
      outer: 4 * scaledChannels(64 * 2 ** block, config),
      stride: unit === 0 && strides ? 2 : 1,
      dilation,
      projection: unit === 0,
    }))
  })
}

/** relu(branch(x) + shortcut(x)) */
function bottleneck(
  builder: GraphBuilder,
  x: Tensor,
  { name, inner, outer, stride, dilation, projection }: Bottleneck,
): Tensor {
  const first = { name: `${name}.reduce`, outChannels: inner, kernel: 1, stride }
  const second = { name: `${name}.conv3x3`, outChannels: inner, kernel: 3, dilation }
  const third = { name: `${name}.increase`, outChannels: outer, kernel: 1 }
  const conv1 = layer(builder, x, { ...first, activation: 'relu' })
  const conv2 = layer(builder, conv1, { ...second, activation: 'relu' })
  const branch = layer(builder, conv2, { ...third, activation: 'none' })
  const shortcut = { name: `${name}.shortcut`, outChannels: outer, kernel: 1, stride }
  const other = projection ? layer(builder, x, { ...shortcut, activation: 'none' }) : x
  return builder.activation(builder.add(branch, other, { name: `${name}.add` }), 'relu')
}

/** A convolution `name.conv` with its batch norm `name.bn`. */
function layer(
  builder: GraphBuilder,
  x: Tensor,
  {
    name,
    ...rest
  }: {
    name: string
    outChannels: number
    kernel: number
    stride?: number
    dilation?: number
    activation: 'relu' | 'none'
  },
): Tensor {
  const names = { convolution: `${name}.conv`, batchNorm: `${name}.bn` }
  return convolutionBatchNorm(builder, x, { ...names, ...rest, epsilon: EPSILON })
}

/** Features → logits: the sum of 3×3 classifiers at several rates (section 3.2). */
export function deepLabV2Logits(builder: GraphBuilder, x: Tensor, { config, outputStride }: Network): Tensor {
  const scores = deepLabV2Classifiers(config).map((name, i) => {
    const dilation = rateAt(outputStride, { rate: config.rates[i], given: 8 })
    return builder.conv2d(x, { name, outChannels: config.classes, kernel: 3, dilation, bias: true })
  })
  return scores.reduce((sum, each, i) => builder.add(sum, each, { name: `base.aspp.sum${i}` }))
}

export const deepLabV2Classifiers = ({ rates }: DeepLabV2Config): string[] =>
  rates.map((_, i) => `base.aspp.c${i}`)

export const deepLabV2Network = {
  features: deepLabV2Features,
  // Between features and classifiers there is nothing but the dropout that training may ask for.
  head: (builder, { features }, { dropout }) => dropped(builder, features, { name: 'base.dropout', dropout }),
  logits: deepLabV2Logits,
  classifiers: deepLabV2Classifiers,
} satisfies NetworkBuilder<DeepLabV2Config>
