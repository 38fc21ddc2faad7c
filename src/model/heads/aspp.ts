// From a ResNet's features to the classifier's input: atrous spatial pyramid pooling with image-level features (Chen et al. 2017,
// section 3.3 and Figure 5). Parameters carry the names of torchvision's DeepLabHead, whatever parts a config leaves out.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import type { AsppConfig, ResNetConfig } from '../backbones/resnet_config.ts'
import { EPSILON, scaledChannels } from '../backbones/resnet_graph.ts'
import { convolutionBatchNorm, type Dropout, dropped } from '../layers.ts'

interface Context {
  config: ResNetConfig
  outputStride: number
  dropout?: Dropout
}

/** The classifier's name in the checkpoint, the same in every variant. Fine-tuning on other classes replaces it. */
export const RESNET_CLASSIFIER = 'classifier.4'

/**
 * Features [n, h, w, c] → the classifier's input [n, h, w, c']. In training, dropout follows ASPP, as in torchvision. Without ASPP
 * it follows the features.
 */
export function resnetHead(builder: GraphBuilder, features: Tensor, context: Context): Tensor {
  const { config, dropout } = context
  let x = features
  const { aspp: pyramid } = config
  if (pyramid) x = builder.unit('classifier.0', () => aspp(builder, features, { ...context, aspp: pyramid }))
  x = dropped(builder, x, { name: 'classifier.0.project.3', dropout })
  if (!config.headConvolution) return x
  return unit(builder, x, { convolution: 'classifier.1', batchNorm: 'classifier.2', kernel: 3, config })
}

/**
 * The rates of the atrous branches at an output stride. They span the same part of the image at every stride: as configured at
 * 16, doubled at 8 (section 3.3), and by the same rule divided above 16, but at least 1.
 */
const ratesAt = (rates: number[], outputStride: number): number[] =>
  rates.map(rate => Math.max(1, Math.round((rate * 16) / outputStride)))

/** Features [n, h, w, c] → [n, h, w, 256 · width]: the branches side by side, then a 1×1 convolution. */
function aspp(
  builder: GraphBuilder,
  features: Tensor,
  { aspp, config, outputStride }: Context & { aspp: AsppConfig },
): Tensor {
  const branch = (index: number, window: { kernel: number; dilation?: number }) => {
    const name = `classifier.0.convs.${index}`
    return unit(builder, features, { convolution: `${name}.0`, batchNorm: `${name}.1`, ...window, config })
  }
  const branches = [
    branch(0, { kernel: 1 }),
    ...ratesAt(aspp.rates, outputStride).map((dilation, i) => branch(i + 1, { kernel: 3, dilation })),
  ]
  if (aspp.imagePooling)
    branches.push(imagePooling(builder, features, { name: `classifier.0.convs.${branches.length}`, config }))
  const concatenated = builder.concat(branches, { name: 'classifier.0.concat' })
  const project = { convolution: 'classifier.0.project.0', batchNorm: 'classifier.0.project.1', kernel: 1 }
  return unit(builder, concatenated, { ...project, config })
}

/** The mean over the map through a 1×1 convolution, spread over the map again: [n, h, w, c] → [n, h, w, 256 · width]. */
function imagePooling(
  builder: GraphBuilder,
  features: Tensor,
  { name, config }: { name: string; config: ResNetConfig },
): Tensor {
  const [, height, width] = features.shape
  const mean = builder.globalAveragePool(features, { name: `${name}.0` })
  const image = unit(builder, mean, { convolution: `${name}.1`, batchNorm: `${name}.2`, kernel: 1, config })
  return builder.resize(image, { name: `${name}.resize`, height, width, alignCorners: false })
}

/** A convolution to the head's 256 · width filters, with batch norm and ReLU. */
function unit(
  builder: GraphBuilder,
  input: Tensor,
  layer: { convolution: string; batchNorm: string; kernel: number; dilation?: number; config: ResNetConfig },
): Tensor {
  const { config, ...rest } = layer
  const outChannels = scaledChannels(256, config)
  return convolutionBatchNorm(builder, input, { ...rest, outChannels, epsilon: EPSILON, activation: 'relu' })
}
