// MobileNetV2 (Sandler et al. 2018) and DeepLabv3's light head. Parameter names, paddings and roundings are those of Hugging
// Face's MobileNetV2ForSemanticSegmentation.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import type { Activation } from '../../kernels/elementwise/activation.ts'
import { deepLabHead } from '../heads/deeplab_head.ts'
import { lowLevelStrides } from '../heads/head_config.ts'
import { convolutionBatchNorm, type Dropout, dropped } from '../layers.ts'
import type { HeadFeatures, NetworkBuilder } from './backbone.ts'
import type { MobileNetV2Config } from './mobilenet_v2.ts'

/** The output channels of the stem and of each inverted residual before scaling, and the residuals' strides. */
const STEM = { expanded: 32, reduced: 16 }
const CHANNELS = [24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320]
const STRIDES = [2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
const LAST_CHANNELS = 1280
const HEAD = 'segmentation_head'
/** The filters of a head, which no multiplier scales, and the ε of its batch norms. */
const HEAD_FILTERS = 256
const HEAD_EPSILON = 1e-5

/** A 1×1 expansion, a depthwise 3×3 with the stride and the dilation, and a linear 1×1 reduction. */
interface InvertedResidual {
  name: string
  expandedChannels: number
  outChannels: number
  stride: number
  dilation: number
  /** Whether the unit's input is added to its output. */
  shortcut: boolean
}

/**
 * The 16 units. Once the map is `outputStride` times smaller than the image, strides become rates. The rate of a unit's stride
 * holds from the next unit on, or from the unit itself on if `firstUnitRate` is `block`.
 */
function invertedResiduals(config: MobileNetV2Config, outputStride: number): InvertedResidual[] {
  let [currentStride, rate, inChannels] = [2, 1, scaled(STEM.reduced, config)]
  return STRIDES.map((unitStride, index) => {
    const strides = currentStride < outputStride
    const outChannels = scaled(CHANNELS[index], config)
    const stride = strides ? unitStride : 1
    const previousRate = rate
    if (strides) currentStride *= unitStride
    else rate *= unitStride
    const unit: InvertedResidual = {
      name: `mobilenet_v2.layer.${index}`,
      expandedChannels: divisible(Math.round(inChannels * config.expandRatio), config),
      outChannels,
      stride,
      dilation: config.firstUnitRate === 'block' ? rate : previousRate,
      shortcut: stride === 1 && inChannels === outChannels,
    }
    inChannels = outChannels
    return unit
  })
}

/**
 * Image [n, h, w, 3] → features [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, 320 · depthMultiplier]. The low-level features are the last of
 * the decoder's stride among the first layers: 24 · depthMultiplier channels at stride 4, 32 · depthMultiplier at stride 8.
 */
function mobileNetV2Features(
  builder: GraphBuilder,
  image: Tensor,
  { config, outputStride }: { config: MobileNetV2Config; outputStride: number },
): HeadFeatures {
  let features = builder.unit('mobilenet_v2.conv_stem', () => stem(builder, image, config))
  const units = invertedResiduals(config, outputStride).map(unit => {
    const input = features
    features = builder.unit(unit.name, () => invertedResidual(builder, input, { ...unit, config }))
    return features
  })
  const lowLevel = lowLevelStrides(config.decoder).map(stride => units[lastUnitOf(stride)])
  if (config.lastConvolution)
    features = layer(builder, features, {
      name: 'mobilenet_v2.conv_1x1',
      outChannels: lastChannels(config),
      kernel: 1,
      config,
    })
  return { features, lowLevel }
}

/** The width of the last convolution, which a multiplier below 1 does not reduce. */
const lastChannels = (config: MobileNetV2Config) =>
  config.depthMultiplier < 1 ? LAST_CHANNELS : scaled(LAST_CHANNELS, config)

/** The last unit of a stride, before the next one. */
function lastUnitOf(stride: number): number {
  const strided = STRIDES.flatMap((stride, index) => (stride === 2 ? index : []))
  return strided[Math.log2(stride) - 1] - 1
}

function stem(builder: GraphBuilder, image: Tensor, config: MobileNetV2Config): Tensor {
  const name = 'mobilenet_v2.conv_stem'
  const outChannels = scaled(STEM.expanded, config)
  const padding = config.padsBeforeExpansion ? 0 : undefined
  const window = { kernel: 3, stride: 2, padding }
  let x = layer(builder, image, { name: `${name}.first_conv`, outChannels, ...window, config })
  if (!config.firstLayerIsExpansion)
    x = layer(builder, x, { name: `${name}.expand_1x1`, outChannels, kernel: 1, config })
  x = layer(builder, x, { name: `${name}.conv_3x3`, kernel: 3, config })
  return linear(builder, x, { name: `${name}.reduce_1x1`, outChannels: scaled(STEM.reduced, config), config })
}

function invertedResidual(
  builder: GraphBuilder,
  input: Tensor,
  unit: InvertedResidual & { config: MobileNetV2Config },
): Tensor {
  const { name, expandedChannels, outChannels, stride, dilation, config } = unit
  const [before, after] = config.padsBeforeExpansion ? [dilation, 0] : []
  const expanded = layer(builder, input, {
    name: `${name}.expand_1x1`,
    outChannels: expandedChannels,
    kernel: 1,
    padding: before,
    config,
  })
  const window = { kernel: 3, stride, dilation, padding: after }
  const filtered = layer(builder, expanded, { name: `${name}.conv_3x3`, ...window, config })
  const reduced = linear(builder, filtered, { name: `${name}.reduce_1x1`, outChannels, config })
  return unit.shortcut ? builder.add(reduced, input, { name: `${name}.add` }) : reduced
}

/**
 * Features [n, h, w, c] → the classifier's input [n, h, w, 256], by ASPP without atrous branches: the image-level feature and a
 * 1×1 convolution, concatenated in this order, then a projection. In training, dropout precedes the classifier, as in Hugging
 * Face's code, which drops whole channels.
 */
function mobileNetV2LightHead(
  builder: GraphBuilder,
  features: Tensor,
  { dropout }: { dropout?: Dropout },
): Tensor {
  const [, height, width] = features.shape
  const unit = (input: Tensor, part: string) =>
    convolutionBatchNorm(builder, input, {
      ...names(`${HEAD}.${part}`),
      outChannels: HEAD_FILTERS,
      kernel: 1,
      epsilon: HEAD_EPSILON,
      activation: 'relu',
    })
  const mean = builder.globalAveragePool(features, { name: `${HEAD}.avg_pool` })
  const image = builder.resize(unit(mean, 'conv_pool'), {
    name: `${HEAD}.conv_pool.resize`,
    height,
    width,
    alignCorners: true,
  })
  const concatenated = builder.concat([image, unit(features, 'conv_aspp')], { name: `${HEAD}.concat` })
  const projected = unit(concatenated, 'conv_projection')
  return dropped(builder, projected, { name: `${HEAD}.dropout`, dropout })
}

interface Layer {
  name: string
  outChannels?: number
  kernel: number
  stride?: number
  dilation?: number
  /** Default: that of the config's convention. */
  padding?: number
  activation?: Activation
  config: MobileNetV2Config
}

/** A layer of the backbone. The default activation is ReLU6. Without `outChannels` it is depthwise. */
function layer(
  builder: GraphBuilder,
  input: Tensor,
  { name, config, padding, activation = 'relu6', ...window }: Layer,
): Tensor {
  return convolutionBatchNorm(builder, input, {
    ...names(name),
    ...window,
    padding: padding ?? (config.tfPadding ? 'same' : undefined),
    epsilon: config.batchNormEpsilon,
    activation,
  })
}

const linear = (builder: GraphBuilder, input: Tensor, options: Omit<Layer, 'kernel'>): Tensor =>
  layer(builder, input, { ...options, kernel: 1, activation: 'none' })

const names = (name: string) => ({ convolution: `${name}.convolution`, batchNorm: `${name}.normalization` })

const scaled = (channels: number, config: MobileNetV2Config): number =>
  divisible(Math.round(channels * config.depthMultiplier), config)

/** The nearest multiple of `depthDivisibleBy` that is at least `minDepth` and nine tenths of the value. */
function divisible(value: number, { depthDivisibleBy: divisor, minDepth }: MobileNetV2Config): number {
  const nearest = Math.max(minDepth, Math.floor((value + divisor / 2) / divisor) * divisor)
  return nearest < 0.9 * value ? nearest + divisor : nearest
}

export const mobileNetV2Network = {
  features: mobileNetV2Features,
  head(builder, features, { config, ...parts }) {
    if (!config.aspp) return mobileNetV2LightHead(builder, features.features, parts)
    const layers = { outChannels: HEAD_FILTERS, epsilon: HEAD_EPSILON }
    return deepLabHead(builder, features, { ...config, ...parts, ...layers })
  },
} satisfies NetworkBuilder<MobileNetV2Config>
