// The Dice loss as in segmentation_models.pytorch, DiceLoss(mode='multiclass'): 1 − 2 · Σ p · y / Σ (p + y) of each class, over the
// labelled pixels of all images. A class that no pixel has loses nothing. The loss is the mean over all classes. The kernels run in turn.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { type LabelledLogits, labelledLogits, labelledLogitsInputs } from './labelled_logits.ts'

const TILE = constantOf(shaders.dice_sums, 'TILE_PIXELS')

const pixelsOf = ({ input, width }: LabelledLogits) => input[0] * input[1] * width
const tilesOf = (options: LabelledLogits) => Math.ceil(pixelsOf(options) / TILE)

/** Logits, labels and `log_sum_exp` of `softmaxCrossEntropy` → partials for `diceTerms`. */
export function diceSums(options: LabelledLogits): Kernel {
  const [pixels, tiles] = [pixelsOf(options), tilesOf(options)]
  const count = vectors(options.input[3]) * tiles
  return {
    label: options.label,
    shader: shaders.dice_sums,
    params: { ...labelledLogits(options), pixels, tiles },
    inputs: { ...labelledLogitsInputs(options), log_sum_exp: pixels * 4 },
    outputs: { partials: count * 32 },
    workgroups: count,
  }
}

/** Partials and `classAreas` → class_terms, f32 [2, classes] in vectors of four, and losses, f32 [⌈classes / 4⌉, 2], for `mergedLoss`. */
export function diceTerms(options: LabelledLogits): Kernel {
  const channels = options.input[3]
  const count = vectors(channels)
  const tiles = tilesOf(options)
  return {
    label: options.label,
    shader: shaders.dice_terms,
    params: { channels, vectors: count, tiles },
    inputs: { partials: count * tiles * 32, areas: channels * 4 },
    outputs: { class_terms: count * 32, losses: count * 8 },
    workgroups: count,
  }
}

/** The operands of `diceSums` and class_terms → means for `overlapBackward`. */
export function diceMeans(options: LabelledLogits): Kernel {
  const pixels = pixelsOf(options)
  return {
    label: options.label,
    shader: shaders.dice_means,
    params: { ...labelledLogits(options), pixels },
    inputs: {
      ...labelledLogitsInputs(options),
      log_sum_exp: pixels * 4,
      class_terms: vectors(options.input[3]) * 32,
    },
    outputs: { means: pixels * 4 },
    workgroups: workgroupsFor(shaders.dice_means, pixels),
  }
}
