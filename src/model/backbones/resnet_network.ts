// Builds the networks on ResNet-50 and ResNet-101: DeepLabv3, DeepLabv3+ and torchvision's FCN.

import { auxiliaryHead } from '../heads/auxiliary_head.ts'
import { deepLabHead } from '../heads/deeplab_head.ts'
import { fcnHead } from '../heads/fcn_head.ts'
import type { NetworkBuilder } from './backbone.ts'
import type { ResNetConfig } from './resnet_config.ts'
import { EPSILON, resnetFeatures } from './resnet_graph.ts'
import { scaledChannels } from './scaled_channels.ts'

export const resnetNetwork = {
  features: resnetFeatures,
  head(builder, features, { config, ...parts }) {
    const common = { ...parts, epsilon: EPSILON }
    if (config.fcn) return fcnHead(builder, features.features, { ...common, name: 'classifier' })
    return deepLabHead(builder, features, {
      ...{ ...config, ...common },
      outChannels: scaledChannels(256, config),
    })
  },
  auxiliaryHead: (builder, middle, { config: { classes }, dropout }) =>
    auxiliaryHead(builder, middle, { classes, epsilon: EPSILON, dropout }),
} satisfies NetworkBuilder<ResNetConfig>
