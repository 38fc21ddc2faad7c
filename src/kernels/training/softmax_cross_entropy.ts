// The training loss. The logits are upsampled to the size of the labels: downsampling the labels would lose fine
// annotations (DeepLabv3, section 4.1). `resize` upsamples the height, and these kernels upsample the width.
// `softmaxCrossEntropy` and `softmaxCrossEntropyMerge` run in turn. `softmaxCrossEntropyBackward` reads the results of
// both.

import { UserError } from '../../errors.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { samplingParams } from '../resizing/resize.ts'
import { classMapWords } from '../resizing/upsample_argmax.ts'

export interface SoftmaxCrossEntropyOptions {
  label: string
  /** Shape of the logits, [n, height, w, classes], with at most 256 classes. */
  input: Shape
  /** Width of the labels, which are [n, height, width], one byte a pixel, each image padded to whole words. */
  width: number
  alignCorners: boolean
  /** The label of pixels that do not count. Pixels whose label is not a class do not count either. */
  ignoreIndex: number
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
    params: { pixels, ...labelledLogits(options) },
    inputs: labelledLogitsInputs(options),
    outputs: { log_sum_exp: pixels * 4, partials: tilesOf(options) * 8 },
    workgroups: tilesOf(options),
  }
}

/**
 * Partials → loss, f32 [2]: the weighted mean over the pixels that count, and 1 / Σ weight. Both are zero if no pixel
 * counts.
 */
export function softmaxCrossEntropyMerge(
  options: Pick<SoftmaxCrossEntropyOptions, 'label' | 'input' | 'width'>,
): Kernel {
  const count = tilesOf(options)
  return {
    label: options.label,
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
    params: { count, loss_weight: lossWeight, ...labelledLogits(options) },
    inputs: { ...labelledLogitsInputs(options), log_sum_exp: n * height * width * 4, loss: 8 },
    outputs: { logits_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.softmax_cross_entropy_backward, count),
  }
}

/** The parameters of kernels that read logits beside labels. */
export function labelledLogits({ label, input, width, ...options }: SoftmaxCrossEntropyOptions) {
  const [, height, inW, channels] = input
  const { step_x, shift_x, unit_x } = samplingParams(
    { h: height, w: inW },
    { h: height, w: width },
    options.alignCorners,
  )
  if (channels > 256)
    throw new UserError(`${label}: labels of one byte can tell 256 classes apart, but not ${channels}`)
  return {
    in_w: inW,
    out_h: height,
    out_w: width,
    channels,
    vectors: vectors(channels),
    ignore_index: options.ignoreIndex,
    has_class_weights: Number(options.classWeights ?? false),
    label_smoothing: options.labelSmoothing ?? 0,
    step_x,
    shift_x,
    unit_x,
  }
}

/** Their inputs. */
export const labelledLogitsInputs = ({ input, width, classWeights }: SoftmaxCrossEntropyOptions) => ({
  logits: activationBytes(input),
  labels: input[0] * classMapWords(input[1], width) * 4,
  class_weights: classWeights ? input[3] * 4 : 0,
})
