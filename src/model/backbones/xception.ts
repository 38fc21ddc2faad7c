// Xception-65 with DeepLabv3+'s head, as an entry of the table.

import { DEEPLAB_CLASSIFIER, deepLabHead } from '../heads/deeplab_head.ts'
import { decoderConflict } from '../heads/head_config.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { scaledChannels } from './scaled_channels.ts'
import { type XceptionConfig, xceptionSchema } from './xception_config.ts'
import { XCEPTION_EPSILON, xceptionFeatures } from './xception_graph.ts'

export const xception65 = {
  schema: xceptionSchema,
  conflictIn: ({ decoder, outputStride }) => decoderConflict(decoder, outputStride),
  outputStrides: () => [8, 16, 32],
  features: xceptionFeatures,
  head: (builder, features, { config, ...parts }) =>
    deepLabHead(builder, features, {
      ...{ ...config, ...parts, headConvolution: false },
      ...{ epsilon: XCEPTION_EPSILON, outChannels: scaledChannels(256, config) },
    }),
  heads: { classifier: DEEPLAB_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for MobileNetV2, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  // There is no public checkpoint of this layout.
  checkpoint: { isUnused: () => false, preprocessing: TENSORFLOW },
} satisfies Backbone<XceptionConfig>
