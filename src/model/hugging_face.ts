// Hugging Face's config.json of a MobileNetV2ForSemanticSegmentation and its preprocessor_config.json, read and written.

import * as v from 'valibot'
import { CLASS_NAMES } from '../data/class_names_schema.ts'
import { UserError } from '../errors.ts'
import { checkJson, expecting } from '../json.ts'
import { deepLabConfig, type MobileNetV2Config } from './config.ts'
import { MOBILENET_FIELDS } from './config_schema.ts'
import { PREPROCESSING_FIELDS, type Preprocessing } from './preprocessing.ts'

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

/** Also what other fields there are, which say nothing of the network. */
const HUGGING_FACE = v.object({
  ...fixedFields,
  ...sharedFields,
  id2label: expecting('the names of the classes by their ids', v.record(v.string(), v.string())),
})

/** Of preprocessor_config.json. */
const PROCESSOR = v.object({
  image_mean: v.nullish(PREPROCESSING_FIELDS.mean),
  image_std: v.nullish(PREPROCESSING_FIELDS.std),
})

/**
 * The config and the names of the classes, in the order of their ids, of a parsed config.json. Throws a UserError, which begins
 * with `source`, for other models.
 */
export function fromHuggingFace(
  json: Json,
  source = 'config.json',
): { config: MobileNetV2Config; classNames: string[] } {
  const found: Json = checkJson(HUGGING_FACE, json, source)
  const classNames = namesOf(found.id2label as Record<string, string>, source)
  const fields = Object.entries(FIELDS).map(([ours, [theirs]]) => [ours, found[theirs]])
  const config = deepLabConfig(
    { ...Object.fromEntries(fields), backbone: 'mobilenet_v2', classes: classNames.length },
    source,
  )
  return { config: config as MobileNetV2Config, classNames }
}

/** Mean and std of a parsed preprocessor_config.json, as far as it has them. Throws a UserError that begins with `source`. */
export function fromHuggingFaceProcessor(
  json: Json,
  source: string,
): Partial<Pick<Preprocessing, 'mean' | 'std'>> {
  const { image_mean: mean, image_std: std } = checkJson(PROCESSOR, json, source)
  return { ...(mean && { mean }), ...(std && { std }) }
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

function namesOf(labels: Record<string, string>, source: string): string[] {
  const byId = Object.entries(labels).sort(([a], [b]) => Number(a) - Number(b))
  byId.forEach(([id], index) => {
    if (id !== String(index)) throw new UserError(`${source}: id2label: there is no class ${index}`)
  })
  return checkJson(v.object({ id2label: CLASS_NAMES }), { id2label: byId.map(([, name]) => name) }, source)
    .id2label
}
