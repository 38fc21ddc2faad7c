// VGG-16 with the heads of FCN, DeepLab v1 and DeepLab v2, as an entry of the table.

import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { type Vgg16Config, vgg16Schema } from './vgg16_config.ts'

export const vgg16 = {
  schema: vgg16Schema,
  conflictIn: ({ head, multiScale }) =>
    multiScale && head !== 'atrous' ? 'multiScale: expected false with a head of FCN; got true' : undefined,
  outputStrides: ({ head }) => (head === 'atrous' ? [8, 16] : [32]),
  heads: { classifier: 'fc8' },
  preprocessing: IMAGENET,
  // Of FCN's and DeepLab's Caffe models alike.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
  recogniser: async () => (await import('../recognition/vgg16.ts')).vgg16Recogniser,
  builder: async () => (await import('./vgg16_graph.ts')).vgg16Network,
} satisfies Backbone<Vgg16Config>
