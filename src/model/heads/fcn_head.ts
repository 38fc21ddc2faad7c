// torchvision's FCNHead: a 3×3 convolution to a quarter of the channels, before a classifier. It is the head of `fcn_resnet50` and
// `fcn_resnet101`, and the auxiliary head of all its networks.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionBatchNorm, type Dropout, dropped } from '../layers.ts'
import { AUXILIARY_HEAD, AUXILIARY_NAME } from './head_config.ts'

/** torchvision's share. The head has dropout only if training has dropout at all. */
const DROPPED = 0.1

interface Head {
  /** The beginning of the names of its parameters, such as `classifier`. */
  name: string
  epsilon: number
  dropout?: Dropout
}

/** Features [n, h, w, 4 · c] → the classifier's input [n, h, w, c]. */
export function fcnHead(builder: GraphBuilder, features: Tensor, { name, epsilon, dropout }: Head): Tensor {
  const reduced = convolutionBatchNorm(builder, features, {
    convolution: `${name}.0`,
    batchNorm: `${name}.1`,
    outChannels: features.shape[3] / 4,
    kernel: 3,
    epsilon,
    activation: 'relu',
  })
  const own = dropout && { ...dropout, p: DROPPED }
  return dropped(builder, reduced, { name: `${name}.3`, dropout: own })
}

/**
 * The auxiliary head of training, on block3's features. The gradient of its loss reaches the middle of the network by a shorter way than
 * that of the logits' loss: [n, h, w, 1024 · width] → logits [n, h, w, classes].
 */
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
