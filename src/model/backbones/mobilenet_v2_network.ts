// Builds the networks on MobileNetV2: with DeepLabv3's light head, or with ASPP and DeepLabv3+'s decoder.

import { deepLabHead } from '../heads/deeplab_head.ts'
import type { NetworkBuilder } from './backbone.ts'
import type { MobileNetV2Config } from './mobilenet_v2_config.ts'
import {
  HEAD_EPSILON,
  HEAD_FILTERS,
  mobileNetV2Features,
  mobileNetV2LightHead,
} from './mobilenet_v2_graph.ts'

export const mobileNetV2Network = {
  features: mobileNetV2Features,
  head(builder, features, { config, ...parts }) {
    if (!config.aspp) return mobileNetV2LightHead(builder, features.features, parts)
    const layers = { outChannels: HEAD_FILTERS, epsilon: HEAD_EPSILON }
    return deepLabHead(builder, features, { ...config, ...parts, ...layers })
  },
} satisfies NetworkBuilder<MobileNetV2Config>
