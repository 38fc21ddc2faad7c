// Builds DeepLab v2 on ResNet-101.

import { dropped } from '../layers.ts'
import type { NetworkBuilder } from './backbone.ts'
import type { DeepLabV2Config } from './deeplab_v2_config.ts'
import { deepLabV2Classifiers, deepLabV2Features, deepLabV2Logits } from './deeplab_v2_graph.ts'

export const deepLabV2Network = {
  features: deepLabV2Features,
  // Between features and classifiers there is nothing but the dropout that training may ask for.
  head: (builder, { features }, { dropout }) => dropped(builder, features, { name: 'base.dropout', dropout }),
  logits: deepLabV2Logits,
  classifiers: deepLabV2Classifiers,
} satisfies NetworkBuilder<DeepLabV2Config>
