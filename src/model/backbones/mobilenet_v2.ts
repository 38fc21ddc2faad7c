// MobileNetV2 with DeepLabv3's light head, or with ASPP and DeepLabv3+'s decoder, as an entry of the table.

import { deepLabHead } from '../heads/deeplab_head.ts'
import { decoderConflict } from '../heads/head_config.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { mobileNetV2Checkpoint } from './mobilenet_v2_checkpoint.ts'
import { type MobileNetV2Config, mobileNetV2Schema } from './mobilenet_v2_config.ts'
import {
  HEAD_EPSILON,
  HEAD_FILTERS,
  MOBILENET_CLASSIFIER,
  mobileNetV2Features,
  mobileNetV2LightHead,
} from './mobilenet_v2_graph.ts'

export const mobileNetV2 = {
  schema: mobileNetV2Schema,
  conflictIn({ aspp, headConvolution, decoder, outputStride }) {
    if (!aspp && headConvolution) return 'headConvolution: expected false without ASPP; got true'
    if (!aspp && decoder) return 'decoder: expected null without ASPP; got a decoder'
    return decoderConflict(decoder, outputStride)
  },
  outputStrides: () => [8, 16, 32],
  features: mobileNetV2Features,
  head(builder, features, { config, ...parts }) {
    if (!config.aspp) return mobileNetV2LightHead(builder, features.features, parts)
    const layers = { outChannels: HEAD_FILTERS, epsilon: HEAD_EPSILON }
    return deepLabHead(builder, features, { ...config, ...parts, ...layers })
  },
  heads: { classifier: MOBILENET_CLASSIFIER },
  preprocessing: TENSORFLOW,
  // As for ResNets, from the notes in the paper's authors' code.
  weightDecay: 4e-5,
  checkpoint: mobileNetV2Checkpoint,
} satisfies Backbone<MobileNetV2Config>
