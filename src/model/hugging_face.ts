// Hugging Face's files, as far as they are the same for all networks: the labels in config.json, and preprocessor_config.json.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { checkJson, expecting } from '../json.ts'
import type { JsonObject } from '../json_object.ts'
import { CLASS_NAMES } from './class_names_schema.ts'
import { PREPROCESSING_FIELDS, type Preprocessing } from './preprocessing.ts'

/** The field `id2label` of config.json. */
export const ID_TO_LABEL = expecting(
  'the names of the classes by their ids',
  v.record(v.string(), v.string()),
)

/** The names of the classes, in the order of their ids. Throws a UserError, which begins with `source`, if one is missing. */
export function classNamesIn(idToLabel: Record<string, string>, source: string): string[] {
  const byId = Object.entries(idToLabel).sort(([a], [b]) => Number(a) - Number(b))
  byId.forEach(([id], index) => {
    if (id !== String(index)) throw new UserError(`${source}: id2label: there is no class ${index}`)
  })
  return checkJson(v.object({ id2label: CLASS_NAMES }), { id2label: byId.map(([, name]) => name) }, source)
    .id2label
}

/** The fields of config.json that name the classes. */
export const labelFields = (classNames: readonly string[]): JsonObject => ({
  id2label: Object.fromEntries(classNames.map((name, id) => [id, name])),
  label2id: Object.fromEntries(classNames.map((name, id) => [name, id])),
})

/** The fields of preprocessor_config.json that are read here. */
const PROCESSOR = v.object({
  image_mean: v.nullish(PREPROCESSING_FIELDS.mean),
  image_std: v.nullish(PREPROCESSING_FIELDS.std),
})

/** Mean and std of a parsed preprocessor_config.json, if it has them. Throws a UserError that begins with `source`. */
export function fromHuggingFaceProcessor(
  json: JsonObject,
  source: string,
): Partial<Pick<Preprocessing, 'mean' | 'std'>> {
  const { image_mean: mean, image_std: std } = checkJson(PROCESSOR, json, source)
  return { ...(mean && { mean }), ...(std && { std }) }
}

/** Bilinear resampling has this number in Pillow. */
const BILINEAR = 2

/**
 * The preprocessor_config.json with which transformers.js prepares photos for our networks: to the model's size, or stretched to
 * `fixedSize`. SegFormer's is the plainest of its image processors that also turn logits into masks.
 */
export function toHuggingFaceProcessor(
  { mean, std, channels, edge, size }: Preprocessing,
  fixedSize?: { height: number; width: number },
): JsonObject {
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
    ...(channels === 'bgr' && { do_flip_channel_order: true }),
  }
}
