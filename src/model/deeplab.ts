// A network as a graph: a backbone with atrous convolution and its segmentation head.

import { UserError } from '../errors.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { Features, GraphParts } from './backbones/backbone.ts'
import { backboneOf, builderOf } from './backbones/index.ts'
import { checkOutputStride, type DeepLabConfig } from './config.ts'

/** The options of a graph; the config decides the parameters. */
export type NetworkParts<Config extends DeepLabConfig = DeepLabConfig> = GraphParts<Config>

/**
 * Adds a network to a graph: a normalised image [n, h, w, inputChannels] → logits [n, ⌈h/stride⌉, ⌈w/stride⌉, classes]. The stride is that of the
 * decoder's low-level features if the network has a decoder, 1 for FCN on VGG-16, else the output stride.
 * The config decides the parameters. The output stride, any of `outputStrides(config)`, decides only strides and rates.
 * Throws a UserError for an output stride that the network cannot reach, and for an image of other channels than the config's.
 */
export function deepLab(
  builder: GraphBuilder,
  image: Tensor,
  config: DeepLabConfig,
  outputStride: number = config.outputStride,
): Tensor {
  return deepLabInTraining(builder, image, config, { outputStride })[0]
}

/**
 * As `deepLab`, with the parts that only training has. Returns the logits, and after them those of an auxiliary head if asked
 * for.
 */
export function deepLabInTraining(
  builder: GraphBuilder,
  image: Tensor,
  config: DeepLabConfig,
  parts: Omit<NetworkParts, 'config'>,
): Tensor[] {
  checkOutputStride(config, parts.outputStride)
  if (image.shape[3] !== config.inputChannels)
    throw new UserError(
      `deepLab: expected ${config.inputChannels} channels, got ${image.shape[3]} (${image.name})`,
    )
  const backbone = builderOf(config)
  const network = { ...parts, config }
  const { middle, skips, ...features } = backbone.features(builder, image, network)
  const logits = classify(builder, backbone.head(builder, features, network), { ...network, skips })
  if (!parts.auxiliaryHead) return [logits]
  if (!middle || !backbone.auxiliaryHead) throw new Error(`deepLab: ${config.backbone} has no auxiliary head`)
  return [logits, backbone.auxiliaryHead(builder, middle, network)]
}

/** Adds the classifier to a graph: the head's output [n, h, w, c] → logits [n, h, w, classes]. */
export function classify(
  builder: GraphBuilder,
  x: Tensor,
  network: NetworkParts & Pick<Features, 'skips'>,
): Tensor {
  const { config } = network
  const { logits } = builderOf(config)
  if (logits) return logits(builder, x, network)
  const name = backboneOf(config).heads.classifier
  return builder.conv2d(x, { name, outChannels: config.classes, kernel: 1, bias: true })
}
