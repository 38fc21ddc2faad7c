// MobileNetV2 with DeepLabv3's light head, as an entry of the table.

import { TENSORFLOW } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { mobileNetV2Checkpoint } from './mobilenet_v2_checkpoint.ts'
import { type MobileNetV2Config, mobileNetV2Schema } from './mobilenet_v2_config.ts'
import { MOBILENET_CLASSIFIER, mobileNetV2Features, mobileNetV2Head } from './mobilenet_v2_graph.ts'

export const mobileNetV2 = {
  schema: mobileNetV2Schema,
  outputStrides: () => [8, 16, 32],
  features: mobileNetV2Features,
  head: mobileNetV2Head,
  heads: { classifier: MOBILENET_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for ResNets, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  checkpoint: mobileNetV2Checkpoint,
} satisfies Backbone<MobileNetV2Config>
