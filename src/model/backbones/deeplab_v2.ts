// DeepLab v2 on ResNet-101, as an entry of the table.

import { dropped } from '../layers.ts'
import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { type DeepLabV2Config, deepLabV2Schema } from './deeplab_v2_config.ts'
import { deepLabV2Classifiers, deepLabV2Features, deepLabV2Logits } from './deeplab_v2_graph.ts'

export const deepLabV2 = {
  schema: deepLabV2Schema,
  outputStrides: () => [8, 16],
  features: deepLabV2Features,
  // Between features and classifiers there is nothing but the dropout that training may ask for.
  head: (builder, { features }, { dropout }) => dropped(builder, features, { name: 'base.dropout', dropout }),
  logits: deepLabV2Logits,
  heads: { classifier: 'base.aspp.c0' },
  classifiers: deepLabV2Classifiers,
  preprocessing: IMAGENET,
  // Of the paper's Caffe model.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
} satisfies Backbone<DeepLabV2Config>
