// The auxiliary head of training: torchvision's FCNHead on block3's features. Its loss reaches the middle of the network on a
// shorter way than that of the logits. Parameters carry torchvision's names.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import type { ResNetConfig } from './config.ts'
import { convolutionBatchNorm, type Dropout, dropped } from './layers.ts'
import { EPSILON, scaledChannels } from './resnet.ts'

/** Where training has dropout at all, this head's share is torchvision's. */
const DROPPED = 0.1

/** block3's features [n, h, w, 1024 · width] → logits [n, h, w, classes]. */
export function auxiliaryHead(
  builder: GraphBuilder,
  features: Tensor,
  { config, dropout }: { config: ResNetConfig; dropout?: Dropout },
): Tensor {
  const reduced = convolutionBatchNorm(builder, features, {
    convolution: 'aux_classifier.0',
    batchNorm: 'aux_classifier.1',
    outChannels: scaledChannels(256, config),
    kernel: 3,
    epsilon: EPSILON,
    activation: 'relu',
  })
  // A seed of its own: the masks of the two heads must not be the same.
  const own = dropout && { ...dropout, p: DROPPED, seed: (dropout.seed + 1) >>> 0 }
  const kept = dropped(builder, reduced, { name: 'aux_classifier.3', dropout: own })
  return builder.conv2d(kept, {
    name: 'aux_classifier.4',
    outChannels: config.classes,
    kernel: 1,
    bias: true,
  })
}
