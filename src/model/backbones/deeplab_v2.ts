// DeepLab v2 on ResNet-101, as an entry of the table.

import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { type DeepLabV2Config, deepLabV2Schema } from './deeplab_v2_config.ts'

export const deepLabV2 = {
  schema: deepLabV2Schema,
  outputStrides: () => [8, 16],
  heads: { classifier: 'base.aspp.c0' },
  preprocessing: IMAGENET,
  // Of the paper's Caffe model.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
  recogniser: async () => (await import('../recognition/deeplab_v2.ts')).deepLabV2Recogniser,
  builder: async () => (await import('./deeplab_v2_graph.ts')).deepLabV2Network,
} satisfies Backbone<DeepLabV2Config>
