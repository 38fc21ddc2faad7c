// VGG-16 with the heads of FCN, DeepLab v1 and DeepLab v2, as an entry of the table.

import { CAFFE, IMAGENET } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { bilinearKernel } from './bilinear_kernel.ts'
import { type Vgg16Config, vgg16Schema } from './vgg16_config.ts'
import { scoreLayers, vgg16Features, vgg16Head, vgg16Logits } from './vgg16_graph.ts'

export const vgg16 = {
  schema: vgg16Schema,
  conflictIn: ({ head, multiScale }) =>
    multiScale && head !== 'atrous' ? 'multiScale: expected false with a head of FCN; got true' : undefined,
  outputStrides: ({ head }) => (head === 'atrous' ? [8, 16] : [32]),
  features: vgg16Features,
  head: vgg16Head,
  logits: vgg16Logits,
  heads: { classifier: 'fc8' },
  classifiers: scoreLayers,
  fixedValues: ({ name, shape }) => (name.startsWith('upscore') ? bilinearKernel(shape) : undefined),
  preprocessing: IMAGENET,
  // Of FCN's and DeepLab's Caffe models alike.
  weightDecay: 5e-4,
  checkpoint: { isUnused: () => false, preprocessing: CAFFE },
} satisfies Backbone<Vgg16Config>
