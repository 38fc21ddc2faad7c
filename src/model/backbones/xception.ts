// Xception-65 with DeepLabv3+'s head, as an entry of the table.

import { DEEPLAB_CLASSIFIER } from '../heads/classifier_names.ts'
import { decoderConflict } from '../heads/head_config.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { type XceptionConfig, xceptionSchema } from './xception_config.ts'

export const xception65 = {
  schema: xceptionSchema,
  conflictIn: ({ decoder }) => decoderConflict(decoder),
  outputStrides: () => [8, 16, 32],
  heads: { classifier: DEEPLAB_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for MobileNetV2, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  // There is no public checkpoint of this layout.
  checkpoint: { isUnused: () => false, preprocessing: TENSORFLOW },
  recogniser: async () => (await import('../recognition/xception.ts')).xceptionRecogniser,
  builder: async () => (await import('./xception_graph.ts')).xceptionNetwork,
} satisfies Backbone<XceptionConfig>
