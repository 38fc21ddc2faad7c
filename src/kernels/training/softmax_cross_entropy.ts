// The training loss. The logits are upsampled to the size of the labels: downsampling the labels would lose fine
// annotations (DeepLabv3, section 4.1). `resize` upsamples the height, and these kernels upsample the width.
// `softmaxCrossEntropy` and `softmaxCrossEntropyMerge` run in turn. `softmaxCrossEntropyBackward` reads the results of
// both.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, vectors } from '../layout.ts'
import { type LabelledLogits, labelledLogits, labelledLogitsInputs } from './labelled_logits.ts'

export interface SoftmaxCrossEntropyOptions extends LabelledLogits {
  /** Whether there are `class_weights`, [classes]. */
  classWeights?: boolean
  /** The share of the target that all classes have alike, as in PyTorch. Default: 0. */
  labelSmoothing?: number
}

/** Label pixels of a workgroup of the forward kernel. */
const TILE = constantOf(shaders.softmax_cross_entropy, 'WORKGROUP_PIXELS')

const tilesOf = ({ input, width }: Pick<SoftmaxCrossEntropyOptions, 'input' | 'width'>) =>
  Math.ceil((input[0] * input[1] * width) / TILE)

/**
 * Logits and labels → log_sum_exp, f32 [n, height, width], and partials for `softmaxCrossEntropyMerge`.
 *
 * Upsampled logits and log Σ exp are float32, so the error of a pixel's loss, and of the probabilities in its gradient, is
 * about 1.2e-7 of its largest logit: 1e-6 for logits around 10, and 1e-3 and 4e-4 for logits around 1e4. PyTorch's is the same
 * where it upsamples. Where labels have the logits' size, PyTorch is better if all logits of a pixel are large and alike: it
 * subtracts the largest before it adds (4e-7 for 1e4 ± 1, and 5e-4 here).
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions): Kernel {
  const { label, input, width } = options
  const pixels = input[0] * input[1] * width
  return {
    label,
    shader: shaders.softmax_cross_entropy,
    params: { pixels, ...parametersOf(options) },
    inputs: inputsOf(options),
    outputs: { log_sum_exp: pixels * 4, partials: tilesOf(options) * 8 },
    workgroups: tilesOf(options),
  }
}

/**
 * Partials → loss, f32 [2]: the weighted mean over the pixels that count, and 1 / Σ weight. Both are zero if no pixel
 * counts.
 */
export const softmaxCrossEntropyMerge = (
  options: Pick<SoftmaxCrossEntropyOptions, 'label' | 'input' | 'width'>,
): Kernel => mergedLoss({ label: options.label, count: tilesOf(options) })

/** Partials of any loss, f32 [count, 2], each a sum of losses and of their weights → loss, f32 [2], as of `softmaxCrossEntropyMerge`. */
export function mergedLoss({ label, count }: { label: string; count: number }): Kernel {
  return {
    label,
    shader: shaders.softmax_cross_entropy_merge,
    params: { count },
    inputs: { partials: count * 8 },
    outputs: { loss: 8 },
    workgroups: 1,
  }
}

/**
 * The operands and the results of the other two kernels → logits_gradient, [n, height, w, classes]. `lossWeight` is the
 * factor of this loss in a sum of losses. Default: 1.
 */
export function softmaxCrossEntropyBackward(
  options: SoftmaxCrossEntropyOptions & { lossWeight?: number },
): Kernel {
  const { label, input, width, lossWeight = 1 } = options
  const [n, height, w, channels] = input
  const count = n * height * w * vectors(channels)
  return {
    label,
    shader: shaders.softmax_cross_entropy_backward,
    params: { count, loss_weight: lossWeight, ...parametersOf(options) },
    inputs: { ...inputsOf(options), log_sum_exp: n * height * width * 4, loss: 8 },
    outputs: { logits_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.softmax_cross_entropy_backward, count),
  }
}

function parametersOf(options: SoftmaxCrossEntropyOptions) {
  const { classWeights = false, labelSmoothing = 0 } = options
  return {
    ...labelledLogits(options),
    has_class_weights: Number(classWeights),
    label_smoothing: labelSmoothing,
  }
}

const inputsOf = (options: SoftmaxCrossEntropyOptions) => ({
  ...labelledLogitsInputs(options),
  class_weights: options.classWeights ? options.input[3] * 4 : 0,
})

/** Logits, labels and `log_sum_exp` of `softmaxCrossEntropy` → losses, f32 [n, height, width], no less than 0. */
export function pixelLosses(options: SoftmaxCrossEntropyOptions): Kernel {
  const { label, input, width } = options
  const pixels = input[0] * input[1] * width
  return {
    label,
    shader: shaders.pixel_losses,
    params: { pixels, ...parametersOf(options) },
    inputs: { ...inputsOf(options), log_sum_exp: pixels * 4 },
    outputs: { losses: pixels * 4 },
    workgroups: workgroupsFor(shaders.pixel_losses, pixels),
  }
}
