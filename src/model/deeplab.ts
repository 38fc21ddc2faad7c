// DeepLabv3 as a graph: a backbone with atrous convolution and its segmentation head.

import { UserError } from '../errors.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import { segmentationHead } from './aspp.ts'
import { auxiliaryHead } from './auxiliary_head.ts'
import { checkOutputStride, type DeepLabConfig } from './config.ts'
import type { Dropout } from './layers.ts'
import { mobileNetV2 } from './mobilenet_v2.ts'
import { resnet } from './resnet.ts'

/**
 * Adds a network to a graph: a normalised image [n, h, w, 3] → logits [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, classes].
 * The config decides the parameters, the output stride only where they apply: any of `outputStrides(config)` will do.
 * Throws a UserError for one that the network cannot reach and for an image of other than three channels.
 */
export function deepLab(
  builder: GraphBuilder,
  image: Tensor,
  config: DeepLabConfig,
  outputStride: number = config.outputStride,
): Tensor {
  return deepLabInTraining(builder, image, config, { outputStride })[0]
}

/** What of a network only training has. */
export interface TrainingParts {
  dropout?: Dropout
  /** Whether to compute the auxiliary head, for which see the config. */
  auxiliaryHead?: boolean
}

/** As `deepLab`, with what only training has: the logits, and where it is asked for, those of a ResNet's auxiliary head. */
export function deepLabInTraining(
  builder: GraphBuilder,
  image: Tensor,
  config: DeepLabConfig,
  { outputStride, ...parts }: { outputStride: number } & TrainingParts,
): Tensor[] {
  checkOutputStride(config, outputStride)
  if (image.shape[3] !== 3)
    throw new UserError(`deepLab: expected 3 channels, got ${image.shape[3]} (${image.name})`)
  const { dropout } = parts
  if (config.backbone === 'mobilenet_v2')
    return [mobileNetV2(builder, image, { config, outputStride, dropout })]
  const { features, block3 } = resnet(builder, image, { config, outputStride })
  const logits = segmentationHead(builder, features, { config, outputStride, dropout })
  return parts.auxiliaryHead ? [logits, auxiliaryHead(builder, block3, { config, dropout })] : [logits]
}
