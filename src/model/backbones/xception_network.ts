// Builds DeepLabv3+ on Xception-65.

import { deepLabHead } from '../heads/deeplab_head.ts'
import type { NetworkBuilder } from './backbone.ts'
import { scaledChannels } from './scaled_channels.ts'
import type { XceptionConfig } from './xception_config.ts'
import { XCEPTION_EPSILON, xceptionFeatures } from './xception_graph.ts'

export const xceptionNetwork = {
  features: xceptionFeatures,
  head: (builder, features, { config, ...parts }) =>
    deepLabHead(builder, features, {
      ...{ ...config, ...parts, headConvolution: false },
      ...{ epsilon: XCEPTION_EPSILON, outChannels: scaledChannels(256, config) },
    }),
} satisfies NetworkBuilder<XceptionConfig>
