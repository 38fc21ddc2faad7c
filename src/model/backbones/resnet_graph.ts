// ResNets with atrous convolution, and their cascaded extensions to block7
// (Chen et al. 2017, section 3.2 and Figure 3). Parameters carry torchvision's names: block k is `backbone.layerk`.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { auxiliaryHead } from '../heads/auxiliary_head.ts'
import { deepLabHead } from '../heads/deeplab_head.ts'
import { fcnHead } from '../heads/fcn_head.ts'
import { lowLevelStrides } from '../heads/head_config.ts'
import { convolutionBatchNorm } from '../layers.ts'
import type { Features, NetworkBuilder } from './backbone.ts'
import { RESNETS, type ResNetConfig } from './resnet_config.ts'
import { scaledChannels } from './scaled_channels.ts'

/**
 * A bottleneck: 1×1 to `innerChannels`, 3×3 with the stride and the dilation, 1×1 to `outChannels`, and a shortcut. A basic unit: 3×3 with
 * the stride and the dilation, 3×3 with the second dilation, both to `outChannels`, and a shortcut.
 */
interface ResidualUnit {
  name: string
  block: number
  kind: 'basic' | 'bottleneck'
  innerChannels: number
  outChannels: number
  stride: number
  dilation: number
  secondDilation: number
  /** Whether the shortcut is a convolution. It is in each block's first unit, if the unit changes stride or channels. */
  projection: boolean
}

/** The ε of torchvision's batch norms. */
export const EPSILON = 1e-5
/** The stem halves the map twice: by its convolution and by its max pooling. */
const STEM_STRIDE = 4
/** The output channels of a unit divided by its inner channels. */
const EXPANSION = { basic: 1, bottleneck: 4 }

/**
 * All units of a backbone in order. Once the map is `outputStride` times smaller than the image, later blocks keep its size,
 * and their strides multiply the rates instead (section 3.2). From block4 on, the unit rates of the multi-grid multiply the
 * rates further (section 3.2.1).
 */
function residualUnits(config: ResNetConfig, outputStride: number): ResidualUnit[] {
  const kind = RESNETS[config.backbone].unit
  const units: ResidualUnit[] = []
  let [currentStride, rate] = [STEM_STRIDE, 1]
  for (let block = 1; block <= config.lastBlock; block++) {
    const blockStride = block === 1 ? 1 : 2
    const strides = currentStride < outputStride
    const previousRate = rate
    if (strides) currentStride *= blockStride
    else rate *= blockStride

    // Beyond block4 each block is a copy of block4.
    const original = Math.min(block, 4)
    const innerChannels = scaledChannels(32 * 2 ** original, config)
    for (let unit = 0; unit < config.units[original - 1]; unit++) {
      const first = unit === 0
      const base = first && config.firstUnitRate === 'previousBlock' ? previousRate : rate
      const grid = block >= 4 ? config.multiGrid[unit] : 1
      units.push({
        name: `backbone.layer${block}.${unit}`,
        ...{ block, kind, innerChannels, outChannels: EXPANSION[kind] * innerChannels },
        stride: first && strides ? blockStride : 1,
        dilation: base * grid,
        secondDilation: rate * grid,
        // A basic unit of block1 has the stem's channels.
        projection: first && (kind === 'bottleneck' || block > 1),
      })
    }
  }
  return units
}

/**
 * Image [n, h, w, 3] → features [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, c]: 2048 · width channels, of basic units 512 · width. The middle is
 * block3, with half the channels. The
 * low-level features of stride 4 are block1, those of stride 8 block2.
 */
export function resnetFeatures(
  builder: GraphBuilder,
  image: Tensor,
  { config, outputStride }: { config: ResNetConfig; outputStride: number },
): Features {
  const ends: Tensor[] = [builder.unit('backbone.stem', () => stem(builder, image, config))]
  for (const unit of residualUnits(config, outputStride)) {
    const input = ends[unit.block] ?? ends[unit.block - 1]
    ends[unit.block] = builder.unit(unit.name, () => residual(builder, input, unit))
  }
  const lowLevel = lowLevelStrides(config.decoder).map(stride => ends[Math.log2(stride) - 1])
  return { features: ends[config.lastBlock], middle: ends[3], lowLevel }
}

function stem(builder: GraphBuilder, image: Tensor, config: ResNetConfig): Tensor {
  const convolved = convolutionBatchNorm(builder, image, {
    convolution: 'backbone.conv1',
    batchNorm: 'backbone.bn1',
    outChannels: scaledChannels(64, config),
    kernel: 7,
    stride: 2,
    epsilon: EPSILON,
    activation: 'relu',
  })
  return builder.maxPool(convolved, { name: 'backbone.maxpool', kernel: 3, stride: 2, padding: 1 })
}

/** relu(branch(x) + shortcut(x)) */
function residual(builder: GraphBuilder, input: Tensor, unit: ResidualUnit): Tensor {
  const branch = unit.kind === 'basic' ? basic(builder, input, unit) : bottleneck(builder, input, unit)
  const shortcut = unit.projection ? projection(builder, input, unit) : input
  return builder.activation(builder.add(branch, shortcut, { name: `${unit.name}.add` }), 'relu')
}

/** The 3×3 convolution has the stride, as in torchvision ("ResNet v1.5"). */
function bottleneck(builder: GraphBuilder, input: Tensor, unit: ResidualUnit): Tensor {
  const { innerChannels, outChannels, stride, dilation } = unit
  const first = { ...layer(unit, 1), outChannels: innerChannels, kernel: 1 }
  const second = { ...layer(unit, 2), outChannels: innerChannels, kernel: 3, stride, dilation }
  const third = { ...layer(unit, 3), outChannels, kernel: 1 }
  const conv1 = convolutionBatchNorm(builder, input, { ...first, activation: 'relu' })
  const conv2 = convolutionBatchNorm(builder, conv1, { ...second, activation: 'relu' })
  return convolutionBatchNorm(builder, conv2, { ...third, activation: 'none' })
}

function basic(builder: GraphBuilder, input: Tensor, unit: ResidualUnit): Tensor {
  const { outChannels, stride, dilation, secondDilation } = unit
  const first = { ...layer(unit, 1), outChannels, kernel: 3, stride, dilation }
  const second = { ...layer(unit, 2), outChannels, kernel: 3, dilation: secondDilation }
  const convolved = convolutionBatchNorm(builder, input, { ...first, activation: 'relu' })
  return convolutionBatchNorm(builder, convolved, { ...second, activation: 'none' })
}

const layer = ({ name }: ResidualUnit, index: number) => ({
  ...{ convolution: `${name}.conv${index}`, batchNorm: `${name}.bn${index}`, epsilon: EPSILON },
})

function projection(
  builder: GraphBuilder,
  input: Tensor,
  { name, outChannels, stride }: ResidualUnit,
): Tensor {
  return convolutionBatchNorm(builder, input, {
    convolution: `${name}.downsample.0`,
    batchNorm: `${name}.downsample.1`,
    outChannels,
    kernel: 1,
    stride,
    epsilon: EPSILON,
    activation: 'none',
  })
}

export const resnetNetwork = {
  features: resnetFeatures,
  head(builder, features, { config, ...parts }) {
    const common = { ...parts, epsilon: EPSILON }
    if (config.fcn) return fcnHead(builder, features.features, { ...common, name: 'classifier' })
    return deepLabHead(builder, features, {
      ...{ ...config, ...common },
      outChannels: scaledChannels(256, config),
    })
  },
  auxiliaryHead: (builder, middle, { config: { classes }, dropout }) =>
    auxiliaryHead(builder, middle, { classes, epsilon: EPSILON, dropout }),
} satisfies NetworkBuilder<ResNetConfig>
