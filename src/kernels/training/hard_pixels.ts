// Online hard example mining as in Google's DeepLab (top_k_percent_pixels): only the pixels with the largest losses count. The kernels
// make labels in which all others are ignored. Between them, the losses are sorted.

import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { classMapWords } from '../resizing/upsample_argmax.ts'
import {
  labelledLogits,
  labelledLogitsInputs,
  type SoftmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

/** Logits, labels and `log_sum_exp` of `softmaxCrossEntropy` → losses, f32 [n, height, width], no less than 0. */
export function pixelLosses(options: SoftmaxCrossEntropyOptions): Kernel {
  const { label, input, width } = options
  const pixels = input[0] * input[1] * width
  return {
    label,
    shader: shaders.pixel_losses,
    params: { pixels, ...labelledLogits(options) },
    inputs: { ...labelledLogitsInputs(options), log_sum_exp: pixels * 4 },
    outputs: { losses: pixels * 4 },
    workgroups: workgroupsFor(shaders.pixel_losses, pixels),
  }
}

export interface HardLabelsOptions {
  label: string
  /** Shape of the labels, [n, height, width, 1]. */
  shape: Shape
  /** How many pixels stay, of all images together: at least one. */
  hard: number
  ignoreIndex: number
}

/** Labels, losses, and both results of their sort → labels of the same layout. */
export function hardLabels({ label, shape, hard, ignoreIndex }: HardLabelsOptions): Kernel {
  const [n, height, width] = shape
  const words = n * classMapWords(height, width)
  const list = n * height * width * 4
  return {
    label,
    shader: shaders.hard_labels,
    params: { words, size: height * width, first_hard: n * height * width - hard, ignore_index: ignoreIndex },
    inputs: { labels: words * 4, losses: list, sorted_losses: list, sorted_pixels: list },
    outputs: { hard_labels: words * 4 },
    workgroups: workgroupsFor(shaders.hard_labels, words),
  }
}
