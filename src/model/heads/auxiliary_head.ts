// The auxiliary head of training: torchvision's FCNHead on block3's features. The gradient of its loss reaches the middle of the
// network by a shorter way than the gradient of the logits' loss. Parameters carry torchvision's names.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import type { Dropout } from '../layers.ts'
import { AUXILIARY_HEAD, AUXILIARY_NAME } from './classifier_names.ts'
import { fcnHead } from './fcn_head.ts'

/** block3's features [n, h, w, 1024 · width] → logits [n, h, w, classes]. */
export function auxiliaryHead(
  builder: GraphBuilder,
  features: Tensor,
  { classes, epsilon, dropout }: { classes: number; epsilon: number; dropout?: Dropout },
): Tensor {
  // Another seed, so that the two heads drop different values.
  const own = dropout && { ...dropout, seed: (dropout.seed + 1) >>> 0 }
  return builder.conv2d(fcnHead(builder, features, { name: AUXILIARY_NAME, epsilon, dropout: own }), {
    name: AUXILIARY_HEAD.classifier,
    outChannels: classes,
    kernel: 1,
    bias: true,
  })
}
