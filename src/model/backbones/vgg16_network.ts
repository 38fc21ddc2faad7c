// Builds FCN, DeepLab v1 and DeepLab v2 on VGG-16.

import type { NetworkBuilder } from './backbone.ts'
import { bilinearKernel } from './bilinear_kernel.ts'
import type { Vgg16Config } from './vgg16_config.ts'
import { scoreLayers, vgg16Features, vgg16Head, vgg16Logits } from './vgg16_graph.ts'

export const vgg16Network = {
  features: vgg16Features,
  head: vgg16Head,
  logits: vgg16Logits,
  classifiers: scoreLayers,
  fixedValues: ({ name, shape }) => (name.startsWith('upscore') ? bilinearKernel(shape) : undefined),
} satisfies NetworkBuilder<Vgg16Config>
