// A network cut in two: the layers before a part, and the part, from its input to the logits. Fine-tuning may train the part alone.

import { UserError } from '../errors.ts'
import { graphParameters } from '../graph/ir/graph.ts'
import type { Parameter, Tensor } from '../graph/ir/tensor.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import { builderOf } from './backbones/index.ts'
import type { DeepLabConfig } from './config.ts'
import { classify, deepLab, type NetworkParts } from './deeplab.ts'

/** The end of a network: its last convolution alone, the head with it (ASPP), or all layers. */
export type NetworkPart = 'classifier' | 'head' | 'network'

type Network = Pick<NetworkParts, 'config' | 'outputStride'>

/**
 * Adds the layers before a part to a graph: a normalised image [n, h, w, 3] → what the part reads. The classifier reads one map. The
 * head reads the backbone's features [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, c], and a decoder the low-level features besides. The whole
 * network has no layers before it: it reads the image.
 */
export function inputsOfPart(
  builder: GraphBuilder,
  image: Tensor,
  { part, ...network }: Network & { part: NetworkPart },
): Tensor[] {
  if (part === 'network') return [image]
  const backbone = builderOf(network.config)
  const { features, lowLevel = [], skips } = backbone.features(builder, image, network)
  if (skips) throw new UserError(`part: expected network, since this one has skip connections; got ${part}`)
  if (part === 'head') return [features, ...lowLevel]
  return [backbone.head(builder, { features, lowLevel }, network)]
}

/** Adds a part to a graph: what it reads → logits [n, h', w', classes], as `deepLab` returns them. */
export function logitsOfPart(
  builder: GraphBuilder,
  inputs: Tensor[],
  { part, ...network }: Network & { part: NetworkPart },
): Tensor {
  const { config, outputStride } = network
  const [input, ...lowLevel] = inputs
  if (part === 'network') return deepLab(builder, input, config, outputStride)
  const x = part === 'head' ? builderOf(config).head(builder, { features: input, lowLevel }, network) : input
  return classify(builder, x, network)
}

/** The parameters of the layers before the head: those that a network for images of ImageNet has, too. */
export function backboneParameters(config: DeepLabConfig): Parameter[] {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, 65, 65, 3])
  const network = { config, outputStride: config.outputStride }
  const { features } = builderOf(config).features(builder, image, network)
  return graphParameters(builder.build([features]))
}
