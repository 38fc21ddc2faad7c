// Hugging Face's config.json of a MobileNetV2ForSemanticSegmentation, read and written, and its preprocessor_config.json, written.

import { UserError } from '../errors.ts'
import { deepLabConfig, type MobileNetV2Config } from './config.ts'
import type { Preprocessing } from './preprocessing.ts'

type Json = Record<string, unknown>
type SharedField = Exclude<keyof MobileNetV2Config, 'backbone' | 'classes'>

/** Our fields, theirs, and what theirs is where the file leaves it out. */
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

/** What all our networks have, which their file could have otherwise. */
const FIXED: Json = { model_type: 'mobilenet_v2', num_channels: 3, hidden_act: 'relu6' }

/** The config and the names of the classes, in the order of their ids, of a parsed config.json. Throws a UserError for other models. */
export function fromHuggingFace(json: Json): { config: MobileNetV2Config; classNames: string[] } {
  for (const [field, value] of Object.entries(FIXED))
    if ((json[field] ?? value) !== value)
      throw new UserError(`config.json: expected ${field} ${value}, got ${JSON.stringify(json[field])}`)
  const classNames = namesOf(json.id2label)
  const fields = Object.entries(FIELDS).map(([ours, [theirs, absent]]) => [ours, json[theirs] ?? absent])
  const config = deepLabConfig({
    ...Object.fromEntries(fields),
    backbone: 'mobilenet_v2',
    classes: classNames.length,
  })
  return { config: config as MobileNetV2Config, classNames }
}

/** The config.json with which Hugging Face's transformers loads our checkpoint. */
export function toHuggingFace(config: MobileNetV2Config, classNames: string[]): Json {
  if (classNames.length !== config.classes)
    throw new UserError(`config.json: expected ${config.classes} class names, got ${classNames.length}`)
  return {
    architectures: ['MobileNetV2ForSemanticSegmentation'],
    ...FIXED,
    ...Object.fromEntries(
      Object.entries(FIELDS).map(([ours, [theirs]]) => [theirs, config[ours as SharedField]]),
    ),
    id2label: Object.fromEntries(classNames.map((name, id) => [id, name])),
    label2id: Object.fromEntries(classNames.map((name, id) => [name, id])),
  }
}

/**
 * The preprocessor_config.json with which transformers.js prepares photos for our networks: to the model's size, or stretched to
 * `size`. Of its image processors SegFormer's is the plainest that also makes masks of logits.
 */
export function toHuggingFaceProcessor(
  { mean, std, edge, size }: Preprocessing,
  fixedSize?: { height: number; width: number },
): Json {
  return {
    image_processor_type: 'SegformerImageProcessor',
    do_resize: true,
    size: fixedSize ?? { [`${edge}_edge`]: size },
    resample: BILINEAR,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  }
}

/** By its number in Pillow. */
const BILINEAR = 2

function namesOf(labels: unknown): string[] {
  const byId = Object.entries(labels ?? {}).sort(([a], [b]) => Number(a) - Number(b))
  if (byId.length === 0) throw new UserError('config.json: expected the names of the classes in id2label')
  byId.forEach(([id], index) => {
    if (Number(id) !== index) throw new UserError(`config.json: id2label has no class ${index}`)
  })
  return byId.map(([, name]) => String(name))
}
