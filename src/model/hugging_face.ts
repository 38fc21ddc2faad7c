// Hugging Face's files, as they are written for all networks: the labels in config.json, and preprocessor_config.json.

import type { JsonObject } from '../json_object.ts'
import type { Preprocessing } from './preprocessing.ts'

/** The fields of config.json that name the classes. */
export const labelFields = (classNames: readonly string[]): JsonObject => ({
  id2label: Object.fromEntries(classNames.map((name, id) => [id, name])),
  label2id: Object.fromEntries(classNames.map((name, id) => [name, id])),
})

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
