// A network cut in two: the layers before a part, and the part, from its input to the logits. Fine-tuning may train the part alone.

import { UserError } from '../errors.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { NetworkParts } from './backbones/backbone.ts'
import { backboneOf } from './backbones/index.ts'
import { classify, deepLab } from './deeplab.ts'

/** The end of a network: its last convolution alone, the head with it (ASPP), or all layers. */
export type NetworkPart = 'classifier' | 'head' | 'network'

type Network = Pick<NetworkParts, 'config' | 'outputStride'>

/**
 * Adds the layers before a part to a graph: a normalised image [n, h, w, 3] → the part's input. That is the classifier's input or
 * the backbone's features, [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, c]. The whole network has no layers before it: its input is the
 * image.
 */
export function inputOfPart(
  builder: GraphBuilder,
  image: Tensor,
  { part, ...network }: Network & { part: NetworkPart },
): Tensor {
  if (part === 'network') return image
  const backbone = backboneOf(network.config)
  const { features, skips } = backbone.features(builder, image, network)
  if (skips) throw new UserError(`part: expected network, since this one has skip connections; got ${part}`)
  return part === 'head' ? features : backbone.head(builder, features, network)
}

/** Adds a part to a graph: its input → logits [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, classes]. */
export function logitsOfPart(
  builder: GraphBuilder,
  input: Tensor,
  { part, ...network }: Network & { part: NetworkPart },
): Tensor {
  const { config, outputStride } = network
  if (part === 'network') return deepLab(builder, input, config, outputStride)
  const x = part === 'head' ? backboneOf(config).head(builder, input, network) : input
  return classify(builder, x, network)
}
