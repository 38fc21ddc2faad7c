// What losses of probabilities have in common, such as those of each class's overlap with its labels: the classes' areas, and the way
// of their gradient through the softmax.

import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, vectors } from '../layout.ts'
import { type LabelledLogits, labelledLogits, labelledLogitsInputs } from './labelled_logits.ts'

/** Labels → areas, u32 [classes]: how many pixels have each class as their label. */
export function classAreas(options: LabelledLogits): Kernel {
  const { label, input, width } = options
  const [n, height, , channels] = input
  const { ignore_index } = labelledLogits(options)
  return {
    label,
    shader: shaders.class_areas,
    params: { out_h: height, out_w: width, channels, pixels: n * height * width, ignore_index },
    inputs: { labels: labelledLogitsInputs(options).labels },
    outputs: { areas: channels * 4 },
    workgroups: channels,
  }
}

/**
 * Logits, labels, `log_sum_exp` of `softmaxCrossEntropy`, the loss of `mergedLoss`, means, f32 [n, height, width], and class_terms, f32
 * [2, classes] in vectors of four: see the shader → logits_gradient, [n, height, w, classes]. Without class terms, it completes what the
 * gradient has.
 */
export function overlapBackward(
  options: LabelledLogits & { lossWeight: number; classTerms: boolean },
): Kernel {
  const { label, input, width, lossWeight, classTerms } = options
  const [n, height, w, channels] = input
  const count = n * height * w * vectors(channels)
  const pixelBytes = n * height * width * 4
  return {
    label,
    shader: shaders.overlap_backward,
    params: {
      ...labelledLogits(options),
      count,
      has_class_terms: Number(classTerms),
      loss_weight: lossWeight,
    },
    inputs: {
      ...labelledLogitsInputs(options),
      log_sum_exp: pixelBytes,
      means: pixelBytes,
      loss: 8,
      class_terms: classTerms ? vectors(channels) * 32 : 0,
    },
    outputs: { logits_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.overlap_backward, count),
  }
}
