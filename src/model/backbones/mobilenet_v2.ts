// MobileNetV2 with DeepLabv3's light head, or with ASPP and DeepLabv3+'s decoder, as an entry of the table.

import { MOBILENET_CLASSIFIER } from '../heads/classifier_names.ts'
import { decoderConflict } from '../heads/head_config.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { mobileNetV2Checkpoint } from './mobilenet_v2_checkpoint.ts'
import { type MobileNetV2Config, mobileNetV2Schema } from './mobilenet_v2_config.ts'

export const mobileNetV2 = {
  schema: mobileNetV2Schema,
  conflictIn({ aspp, headConvolution, decoder, padsBeforeExpansion, tfPadding }) {
    if (!aspp && headConvolution) return 'headConvolution: expected false without ASPP; got true'
    if (!aspp && decoder) return 'decoder: expected null without ASPP; got a decoder'
    if (padsBeforeExpansion && tfPadding)
      return 'padsBeforeExpansion: expected false with tfPadding; got true'
    return decoderConflict(decoder)
  },
  outputStrides: () => [8, 16, 32],
  heads: { classifier: MOBILENET_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for ResNets, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  checkpoint: mobileNetV2Checkpoint,
  recogniser: async () => (await import('../recognition/mobilenet_v2.ts')).mobileNetV2Recogniser,
  builder: async () => (await import('./mobilenet_v2_graph.ts')).mobileNetV2Network,
} satisfies Backbone<MobileNetV2Config>
