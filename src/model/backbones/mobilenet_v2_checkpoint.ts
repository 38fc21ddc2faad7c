// How Hugging Face's checkpoints of MobileNetV2ForSemanticSegmentation name their tensors, and their config.json.

import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { checkJson, expecting } from '../../json.ts'
import type { JsonObject } from '../../json_object.ts'
import { describeHead, type HeadArchitecture, headOf, headOptions } from '../heads/head_tensors.ts'
import { classNamesIn, ID_TO_LABEL, labelFields } from '../hugging_face.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Architecture, CheckpointLayout, HuggingFaceLayout, TensorShapes } from './backbone.ts'
import { MOBILENET_FIELDS, type MobileNetV2Config } from './mobilenet_v2_config.ts'
import { outputChannels } from './tensor_names.ts'

/** The network as its tensors' names and shapes tell it. */
export interface MobilenetArchitecture extends Architecture {
  family: 'huggingface-mobilenet_v2'
  /** Factor on all widths. */
  depthMultiplier: number
  /** Absent if it is the light head. */
  head?: HeadArchitecture
}

/** The fields that Hugging Face's networks do not have. */
type OwnField = 'lastConvolution' | 'aspp' | 'headConvolution' | 'decoder' | 'firstUnitRate' | 'alignCorners'
type SharedField = Exclude<keyof MobileNetV2Config, 'backbone' | 'classes' | OwnField>

/** For each of our fields, its name in config.json, and its value if the file leaves it out. */
const FIELDS: { [Field in SharedField]: [theirs: string, absent: number | boolean] } = {
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
const FIXED: JsonObject = { model_type: 'mobilenet_v2', num_channels: 3, hidden_act: 'relu6' }

const sharedFields = Object.fromEntries(
  Object.entries(FIELDS).map(([ours, [theirs, absent]]) => [
    theirs,
    v.nullish(MOBILENET_FIELDS[ours as SharedField], absent),
  ]),
)

const fixedFields = Object.fromEntries(
  Object.entries(FIXED).map(([field, value]) => [
    field,
    v.nullish(expecting(String(value), v.literal(value as string | number)), value as string | number),
  ]),
)

/** The fields of config.json that describe the network. Others are ignored. */
const CONFIG = v.object({ ...fixedFields, ...sharedFields, id2label: ID_TO_LABEL })

const huggingFace: HuggingFaceLayout<MobileNetV2Config> = {
  modelType: 'mobilenet_v2',
  describes: ({ lastConvolution, aspp, firstUnitRate, alignCorners }) =>
    !lastConvolution && aspp === null && firstUnitRate === 'previousBlock' && !alignCorners,
  read(json, source) {
    const found: JsonObject = checkJson(CONFIG, json, source)
    const classNames = classNamesIn(found.id2label as Record<string, string>, source)
    const fields = Object.entries(FIELDS).map(([ours, [theirs]]) => [ours, found[theirs]])
    const options = { ...Object.fromEntries(fields), backbone: 'mobilenet_v2', classes: classNames.length }
    return { options, classNames }
  },
  write(config, classNames) {
    if (classNames.length !== config.classes)
      throw new UserError(`config.json: expected ${config.classes} class names, got ${classNames.length}`)
    return {
      architectures: ['MobileNetV2ForSemanticSegmentation'],
      ...FIXED,
      ...Object.fromEntries(
        Object.entries(FIELDS).map(([ours, [theirs]]) => [theirs, config[ours as SharedField]]),
      ),
      ...labelFields(classNames),
    }
  },
}

export const mobileNetV2Checkpoint = {
  network: 'DeepLabv3-MobileNetV2',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    if (!architecture) return undefined
    const { depthMultiplier, classes, head } = architecture
    const network = `DeepLabv3${head?.decoder ? '+' : ''}-MobileNetV2 of width ${depthMultiplier}`
    const parts = head ? `, ${describeHead(head)}` : ''
    return {
      architecture,
      options: { backbone: 'mobilenet_v2', depthMultiplier, classes, ...(head && headOptions(head)) },
      description: `${network}${parts}, ${classes} classes`,
      namedBy: 'Hugging Face',
    }
  },
  // The last convolution of the classification network.
  isUnused: name => name.startsWith('mobilenet_v2.conv_1x1.'),
  preprocessing: TENSORFLOW,
  huggingFace,
} satisfies CheckpointLayout<MobileNetV2Config>

function architectureOf(tensors: TensorShapes): MobilenetArchitecture | undefined {
  const classes = outputChannels(tensors, 'segmentation_head.classifier.convolution.weight')
  // The last block has 320 channels before the multiplier. It is the widest, so rounding to 8 changes it least.
  const width = outputChannels(tensors, 'mobilenet_v2.layer.15.reduce_1x1.convolution.weight')
  if (classes === undefined || width === undefined) return undefined
  const head = headOf(tensors, { lowLevel: 'mobilenet_v2.layer.1.reduce_1x1.convolution.weight' })
  return {
    family: 'huggingface-mobilenet_v2',
    depthMultiplier: width / 320,
    classes,
    ...(head.aspp && { head }),
  }
}
