// ResNets with atrous convolution, and their cascaded extensions to block7 (Chen et al. 2017, section 3.2 and Figure 3). Those of DeepLab
// v2 differ in the place of a stride and in their names: a layout says both.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { deepLabHead } from '../heads/deeplab_head.ts'
import { auxiliaryHead, fcnHead } from '../heads/fcn_head.ts'
import { lowLevelStrides } from '../heads/head_config.ts'
import { convolutionBatchNorm, scaledChannels } from '../layers.ts'
import type { NetworkBuilder } from './backbone.ts'
import { RESNETS, type ResNetConfig } from './resnet.ts'

/** The ε of torchvision's batch norms. */
export const EPSILON = 1e-5
/** The stem halves the map twice: by its convolution and by its max pooling. */
const STEM_STRIDE = 4
/** The output channels of a unit divided by its inner channels. */
const EXPANSION = { basic: 1, bottleneck: 4 }

/** The blocks of a network, and how its checkpoints name them. */
export interface ResNet extends Pick<ResNetConfig, 'units' | 'multiGrid' | 'firstUnitRate' | 'width'> {
  unit: 'basic' | 'bottleneck'
  lastBlock: number
  layout: ResNetLayout
}

/** The names of a convolution and its batch norm. */
type LayerNames = readonly [convolution: string, batchNorm: string]

/** A layout of checkpoints: the names, and the details that the code behind them decides. */
export interface ResNetLayout {
  /** The index of a bottleneck's convolution that has the stride: 0, the first 1×1 of He et al. ("v1"), or 1, the 3×3 ("v1.5"). */
  strided: 0 | 1
  /** Whether the stem's pooling counts a last row or column that fills only a part of a window, as in Caffe. */
  ceilMode?: boolean
  stem: { name: string; layer: LayerNames; pool: string }
  /** The name of a unit. Blocks count from one, units from zero. */
  unit(block: number, unit: number): string
  /** The names of a unit's convolutions within it. */
  layers: readonly LayerNames[]
  shortcut: LayerNames
}

/** torchvision's names: block k is `backbone.layerk`. */
const TORCHVISION_LAYOUT: ResNetLayout = {
  strided: 1,
  stem: { name: 'backbone.stem', layer: ['backbone.conv1', 'backbone.bn1'], pool: 'backbone.maxpool' },
  unit: (block, unit) => `backbone.layer${block}.${unit}`,
  layers: [
    ['conv1', 'bn1'],
    ['conv2', 'bn2'],
    ['conv3', 'bn3'],
  ],
  shortcut: ['downsample.0', 'downsample.1'],
}

/**
 * A bottleneck: 1×1 to `innerChannels`, 3×3 with the dilation, 1×1 to `outChannels`, and a shortcut; one of the first two has the stride.
 * A basic unit: 3×3 with the stride and the dilation, 3×3 with the second dilation, both to `outChannels`, and a shortcut.
 */
interface ResidualUnit {
  name: string
  block: number
  innerChannels: number
  outChannels: number
  stride: number
  dilation: number
  secondDilation: number
  /** Whether the shortcut is a convolution. It is in each block's first unit, if the unit changes stride or channels. */
  projection: boolean
}

/**
 * All units of a backbone in order. Once the map is `outputStride` times smaller than the image, later blocks keep its size,
 * and their strides multiply the rates instead (section 3.2). From block4 on, the unit rates of the multi-grid multiply the
 * rates further (section 3.2.1).
 */
function residualUnits(resnet: ResNet, outputStride: number): ResidualUnit[] {
  const units: ResidualUnit[] = []
  let [currentStride, rate] = [STEM_STRIDE, 1]
  for (let block = 1; block <= resnet.lastBlock; block++) {
    const blockStride = block === 1 ? 1 : 2
    const strides = currentStride < outputStride
    const previousRate = rate
    if (strides) currentStride *= blockStride
    else rate *= blockStride

    // Beyond block4 each block is a copy of block4.
    const original = Math.min(block, 4)
    const innerChannels = scaledChannels(32 * 2 ** original, resnet)
    for (let unit = 0; unit < resnet.units[original - 1]; unit++) {
      const first = unit === 0
      const base = first && resnet.firstUnitRate === 'previousBlock' ? previousRate : rate
      const grid = block >= 4 ? resnet.multiGrid[unit] : 1
      units.push({
        name: resnet.layout.unit(block, unit),
        block,
        innerChannels,
        outChannels: EXPANSION[resnet.unit] * innerChannels,
        stride: first && strides ? blockStride : 1,
        dilation: base * grid,
        secondDilation: rate * grid,
        // A basic unit of block1 has the stem's channels.
        projection: first && (resnet.unit === 'bottleneck' || block > 1),
      })
    }
  }
  return units
}

/**
 * Image [n, h, w, 3] → the output of each block, those of block1 at index 1: 256 · width channels to 2048 · width, of basic units 64 · width to
 * 512 · width. The last has the output stride.
 */
export function resnetBlocks(
  builder: GraphBuilder,
  image: Tensor,
  { resnet, outputStride }: { resnet: ResNet; outputStride: number },
): Tensor[] {
  const ends: Tensor[] = [builder.unit(resnet.layout.stem.name, () => stem(builder, image, resnet))]
  for (const unit of residualUnits(resnet, outputStride)) {
    const input = ends[unit.block] ?? ends[unit.block - 1]
    ends[unit.block] = builder.unit(unit.name, () => residual(builder, input, { ...unit, resnet }))
  }
  return ends
}

function stem(builder: GraphBuilder, image: Tensor, resnet: ResNet): Tensor {
  const { ceilMode } = resnet.layout
  const { layer, pool } = resnet.layout.stem
  const convolved = convolutionBatchNorm(builder, image, {
    ...named(layer),
    outChannels: scaledChannels(64, resnet),
    kernel: 7,
    stride: 2,
    activation: 'relu',
  })
  return builder.maxPool(convolved, { name: pool, kernel: 3, stride: 2, padding: 1, ceilMode })
}

type UnitOf = ResidualUnit & { resnet: ResNet }

/** relu(branch(x) + shortcut(x)) */
function residual(builder: GraphBuilder, input: Tensor, unit: UnitOf): Tensor {
  const branch = unit.resnet.unit === 'basic' ? basic(builder, input, unit) : bottleneck(builder, input, unit)
  const shortcut = unit.projection ? projection(builder, input, unit) : input
  return builder.activation(builder.add(branch, shortcut, { name: `${unit.name}.add` }), 'relu')
}

function bottleneck(builder: GraphBuilder, input: Tensor, unit: UnitOf): Tensor {
  const { innerChannels, outChannels, stride, dilation, resnet } = unit
  const strideOf = (index: number) => (index === resnet.layout.strided ? stride : undefined)
  const first = { ...layer(unit, 0), outChannels: innerChannels, kernel: 1, stride: strideOf(0) }
  const second = { ...layer(unit, 1), outChannels: innerChannels, kernel: 3, stride: strideOf(1), dilation }
  const third = { ...layer(unit, 2), outChannels, kernel: 1 }
  const conv1 = convolutionBatchNorm(builder, input, { ...first, activation: 'relu' })
  const conv2 = convolutionBatchNorm(builder, conv1, { ...second, activation: 'relu' })
  return convolutionBatchNorm(builder, conv2, { ...third, activation: 'none' })
}

function basic(builder: GraphBuilder, input: Tensor, unit: UnitOf): Tensor {
  const { outChannels, stride, dilation, secondDilation } = unit
  const first = { ...layer(unit, 0), outChannels, kernel: 3, stride, dilation }
  const second = { ...layer(unit, 1), outChannels, kernel: 3, dilation: secondDilation }
  const convolved = convolutionBatchNorm(builder, input, { ...first, activation: 'relu' })
  return convolutionBatchNorm(builder, convolved, { ...second, activation: 'none' })
}

function projection(builder: GraphBuilder, input: Tensor, unit: UnitOf): Tensor {
  const { name, outChannels, stride, resnet } = unit
  const names = named(resnet.layout.shortcut, `${name}.`)
  return convolutionBatchNorm(builder, input, {
    ...names,
    outChannels,
    kernel: 1,
    stride,
    activation: 'none',
  })
}

const layer = ({ name, resnet }: UnitOf, index: number) => named(resnet.layout.layers[index], `${name}.`)

const named = ([convolution, batchNorm]: LayerNames, prefix = '') => ({
  convolution: prefix + convolution,
  batchNorm: prefix + batchNorm,
  epsilon: EPSILON,
})

export const resnetNetwork = {
  features(builder, image, { config, outputStride }) {
    const resnet = { ...config, unit: RESNETS[config.backbone].unit, layout: TORCHVISION_LAYOUT }
    const blocks = resnetBlocks(builder, image, { resnet, outputStride })
    // The low-level features of stride 4 are block1, those of stride 8 block2. The auxiliary head reads block3.
    const lowLevel = lowLevelStrides(config.decoder).map(stride => blocks[Math.log2(stride) - 1])
    return { features: blocks[config.lastBlock], middle: blocks[3], lowLevel }
  },
  head(builder, features, { config, ...parts }) {
    const common = { ...parts, epsilon: EPSILON }
    if (config.fcn) return fcnHead(builder, features.features, { ...common, name: 'classifier' })
    return deepLabHead(builder, features, {
      ...config,
      ...common,
      outChannels: scaledChannels(256, config),
    })
  },
  auxiliaryHead: (builder, middle, { config: { classes }, dropout }) =>
    auxiliaryHead(builder, middle, { classes, epsilon: EPSILON, dropout }),
} satisfies NetworkBuilder<ResNetConfig>
