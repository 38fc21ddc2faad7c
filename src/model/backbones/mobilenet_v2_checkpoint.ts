// Hugging Face's checkpoints of MobileNetV2ForSemanticSegmentation: their tensors besides our parameters, and their config.json.

import { UserError } from '../../errors.ts'
import type { JsonObject } from '../../json_object.ts'
import { labelFields } from '../hugging_face.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { CheckpointLayout, HuggingFaceLayout } from './backbone.ts'
import type { MobileNetV2Config } from './mobilenet_v2_config.ts'

/** The fields that Hugging Face's networks do not have. */
type OwnField =
  | ('lastConvolution' | 'aspp' | 'headConvolution' | 'decoder')
  | ('firstUnitRate' | 'alignCorners' | 'padsBeforeExpansion')
export type SharedField = Exclude<keyof MobileNetV2Config, 'backbone' | 'classes' | OwnField>

/** For each of our fields, its name in config.json, and its value if the file leaves it out. */
export const HUGGING_FACE_FIELDS: { [Field in SharedField]: [theirs: string, absent: number | boolean] } = {
  outputStride: ['output_stride', 32],
  depthMultiplier: ['depth_multiplier', 1],
  depthDivisibleBy: ['depth_divisible_by', 8],
  minDepth: ['min_depth', 8],
  expandRatio: ['expand_ratio', 6],
  firstLayerIsExpansion: ['first_layer_is_expansion', true],
  tfPadding: ['tf_padding', true],
  batchNormEpsilon: ['layer_norm_eps', 0.001],
}

/** Fields of config.json that have the same value in all networks of this package. */
export const HUGGING_FACE_FIXED: JsonObject = {
  model_type: 'mobilenet_v2',
  num_channels: 3,
  hidden_act: 'relu6',
}

const huggingFace: HuggingFaceLayout<MobileNetV2Config> = {
  describes: ({ lastConvolution, aspp, firstUnitRate, alignCorners, padsBeforeExpansion }) =>
    !(lastConvolution || aspp || alignCorners || padsBeforeExpansion) && firstUnitRate === 'previousBlock',
  write(config, classNames) {
    if (classNames.length !== config.classes)
      throw new UserError(`config.json: expected ${config.classes} class names, got ${classNames.length}`)
    return {
      architectures: ['MobileNetV2ForSemanticSegmentation'],
      ...HUGGING_FACE_FIXED,
      ...Object.fromEntries(
        Object.entries(HUGGING_FACE_FIELDS).map(([ours, [theirs]]) => [theirs, config[ours as SharedField]]),
      ),
      ...labelFields(classNames),
    }
  },
}

export const mobileNetV2Checkpoint = {
  // The last convolution of the classification network.
  isUnused: name => name.startsWith('mobilenet_v2.conv_1x1.'),
  preprocessing: TENSORFLOW,
  huggingFace,
} satisfies CheckpointLayout<MobileNetV2Config>
