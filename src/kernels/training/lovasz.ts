// The Lovász-softmax loss (Berman et al. 2018) with classes='present' and per_image=False: the mean, over the classes that some pixel has,
// of the Lovász extension of the Jaccard loss (algorithm 1) of all labelled pixels' errors. The kernels run in turn for each class; between
// the first two, the errors are sorted. So no map of all classes at the labels' size exists.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, vectors } from '../layout.ts'
import { type LabelledLogits, labelledLogits, labelledLogitsInputs } from './labelled_logits.ts'

interface LovaszOptions extends LabelledLogits {
  classId: number
}

const TILE = constantOf(shaders.lovasz_gradient, 'TILE')

const pixelsOf = ({ input, width }: LabelledLogits) => input[0] * input[1] * width

/** The tiles of a class's pixels. */
export const lovaszTiles = (options: LabelledLogits): number => Math.ceil(pixelsOf(options) / TILE)

/** Logits, labels and `log_sum_exp` of `softmaxCrossEntropy` → errors, f32 [n, height, width], no less than 0. */
export function lovaszErrors({ classId, ...options }: LovaszOptions): Kernel {
  const pixels = pixelsOf(options)
  return {
    label: options.label,
    shader: shaders.lovasz_errors,
    params: { ...labelledLogits(options), pixels, class_id: classId },
    inputs: { ...labelledLogitsInputs(options), log_sum_exp: pixels * 4 },
    outputs: { errors: pixels * 4 },
    workgroups: workgroupsFor(shaders.lovasz_errors, pixels),
  }
}

/** Labels and the pixels in the order of their errors → foreground, u32 [n · height · width]: the largest error comes first. */
export function lovaszForeground({ classId, ...options }: LovaszOptions): Kernel {
  const count = pixelsOf(options)
  const { out_h, out_w, ignore_index } = labelledLogits(options)
  return {
    label: options.label,
    shader: shaders.lovasz_foreground,
    params: { out_h, out_w, count, ignore_index, class_id: classId },
    inputs: { labels: labelledLogitsInputs(options).labels, sorted_pixels: count * 4 },
    outputs: { foreground: count * 4 },
    workgroups: workgroupsFor(shaders.lovasz_foreground, count),
  }
}

/**
 * `classAreas`, the sorted errors with their pixels, foreground and its sums before each → slopes and means, f32 [n, height, width],
 * and the class's partials, f32 [classes, tiles, 2], for `mergedLoss`.
 */
export function lovaszGradient({ classId, ...options }: LovaszOptions): Kernel {
  const count = pixelsOf(options)
  const tiles = lovaszTiles(options)
  const channels = options.input[3]
  const list = count * 4
  return {
    label: options.label,
    shader: shaders.lovasz_gradient,
    params: { count, tiles, class_id: classId },
    inputs: {
      areas: channels * 4,
      sorted_errors: list,
      sorted_pixels: list,
      foreground: list,
      foreground_before: list,
    },
    outputs: { slopes: list, means: list, partials: channels * tiles * 8 },
    workgroups: tiles,
  }
}

/** Slopes → the class's values of logits_gradient, [n, height, w, classes]. `overlapBackward` completes it. */
export function lovaszGather({ classId, ...options }: LovaszOptions): Kernel {
  const { input } = options
  const [n, height, w, channels] = input
  const { in_w, out_w, step_x, shift_x, unit_x } = labelledLogits(options)
  const count = n * height * w
  return {
    label: options.label,
    shader: shaders.lovasz_gather,
    params: { in_w, out_w, vectors: vectors(channels), count, class_id: classId, step_x, shift_x, unit_x },
    inputs: { slopes: pixelsOf(options) * 4 },
    outputs: { logits_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.lovasz_gather, count),
  }
}
