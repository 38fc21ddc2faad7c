// Reads Hugging Face's files: config.json of MobileNetV2ForSemanticSegmentation, and preprocessor_config.json.

import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { checkJson, expecting } from '../../json.ts'
import type { JsonObject } from '../../json_object.ts'
import { flag } from '../backbones/fields.ts'
import {
  HUGGING_FACE_FIELDS,
  HUGGING_FACE_FIXED,
  MOBILENET_FIELDS,
  type SharedField,
} from '../backbones/mobilenet_v2.ts'
import type { DeepLabOptions } from '../backbones/table.ts'
import { CLASS_NAMES } from '../class_names_schema.ts'
import { type Preprocessing, STATISTICS } from '../preprocessing.ts'

/** The field `id2label` of config.json. */
const ID_TO_LABEL = expecting('the names of the classes by their ids', v.record(v.string(), v.string()))

const sharedFields = Object.fromEntries(
  Object.entries(HUGGING_FACE_FIELDS).map(([ours, [theirs, absent]]) => [
    theirs,
    v.nullish(MOBILENET_FIELDS[ours as SharedField], absent),
  ]),
)

const fixedFields = Object.fromEntries(
  Object.entries(HUGGING_FACE_FIXED).map(([field, value]) => [
    field,
    v.nullish(expecting(String(value), v.literal(value as string | number)), value as string | number),
  ]),
)

/** The fields of config.json that describe the network. Others are ignored. */
const CONFIG = v.object({
  ...fixedFields,
  ...sharedFields,
  align_corners: v.nullish(flag),
  id2label: ID_TO_LABEL,
})

/** The network and its classes in a parsed config.json. Throws a UserError, which begins with `source`, for another network. */
export function fromHuggingFaceConfig(
  json: JsonObject,
  source: string,
): { options: DeepLabOptions; classNames: string[] } {
  const found: JsonObject = checkJson(CONFIG, json, source)
  const classNames = classNamesIn(found.id2label as Record<string, string>, source)
  const fields = Object.entries(HUGGING_FACE_FIELDS).map(([ours, [theirs]]) => [ours, found[theirs]])
  const alignCorners = found.align_corners ?? areOfVoc(classNames)
  const classes = classNames.length
  const options = { ...Object.fromEntries(fields), backbone: 'mobilenet_v2', classes, alignCorners }
  return { options, classNames }
}

/**
 * Whether the classes are PASCAL VOC's. Without a word on it in config.json, the weights are then Google's, which TensorFlow trained with
 * aligned corners (bench/NOTES.md has what it is worth). With other classes they are a fine-tune by transformers, with half pixels.
 */
const areOfVoc = (classNames: readonly string[]): boolean =>
  classNames.length === 21 && classNames[0] === 'background' && classNames[1] === 'aeroplane'

/** The names of the classes, in the order of their ids. Throws a UserError, which begins with `source`, if one is missing. */
function classNamesIn(idToLabel: Record<string, string>, source: string): string[] {
  const byId = Object.entries(idToLabel).sort(([a], [b]) => Number(a) - Number(b))
  byId.forEach(([id], index) => {
    if (id !== String(index)) throw new UserError(`${source}: id2label: there is no class ${index}`)
  })
  return checkJson(v.object({ id2label: CLASS_NAMES }), { id2label: byId.map(([, name]) => name) }, source)
    .id2label
}

/** The fields of preprocessor_config.json that are read here. */
const processor = ({ mean, std }: (typeof STATISTICS)['photos' | 'samples']) =>
  v.object({
    image_mean: v.nullish(mean as v.GenericSchema<unknown, number[]>),
    image_std: v.nullish(std as v.GenericSchema<unknown, number[]>),
  })

/** Mean and std of a parsed preprocessor_config.json, if it has them. Throws a UserError that begins with `source`. */
export function fromHuggingFaceProcessor(
  json: JsonObject,
  source: string,
  of: keyof typeof STATISTICS = 'photos',
): Partial<Pick<Preprocessing, 'mean' | 'std'>> {
  const { image_mean: mean, image_std: std } = checkJson(processor(STATISTICS[of]), json, source)
  return { ...(mean && { mean }), ...(std && { std }) }
}
