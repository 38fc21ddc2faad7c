// The auxiliary head of training: torchvision's FCNHead on block3's features. The gradient of its loss reaches the middle of the
// network by a shorter way than the gradient of the logits' loss. Parameters carry torchvision's names.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import type { AuxiliaryHead } from '../backbones/backbone.ts'
import type { ResNetConfig } from '../backbones/resnet_config.ts'
import { EPSILON, scaledChannels } from '../backbones/resnet_graph.ts'
import { convolutionBatchNorm, type Dropout, dropped } from '../layers.ts'

const NAME = 'aux_classifier'

export const AUXILIARY_HEAD: AuxiliaryHead = { prefix: `${NAME}.`, classifier: `${NAME}.4` }

/** torchvision's share. This head has dropout only if training has dropout at all. */
const DROPPED = 0.1

/** block3's features [n, h, w, 1024 · width] → logits [n, h, w, classes]. */
export function auxiliaryHead(
  builder: GraphBuilder,
  features: Tensor,
  { config, dropout }: { config: ResNetConfig; dropout?: Dropout },
): Tensor {
  const reduced = convolutionBatchNorm(builder, features, {
    convolution: `${NAME}.0`,
    batchNorm: `${NAME}.1`,
    outChannels: scaledChannels(256, config),
    kernel: 3,
    epsilon: EPSILON,
    activation: 'relu',
  })
  // Another seed, so that the two heads drop different values.
  const own = dropout && { ...dropout, p: DROPPED, seed: (dropout.seed + 1) >>> 0 }
  const kept = dropped(builder, reduced, { name: `${NAME}.3`, dropout: own })
  return builder.conv2d(kept, {
    name: AUXILIARY_HEAD.classifier,
    outChannels: config.classes,
    kernel: 1,
    bias: true,
  })
}
