// Online hard example mining: the labels of the pixels with the largest losses.

import { hardLabels } from '../../kernels/training/hard_labels.ts'
import { pixelLosses, softmaxCrossEntropy } from '../../kernels/training/softmax_cross_entropy.ts'
import type { Tensor } from '../ir/tensor.ts'
import { sortSteps } from '../lower/sort_steps.ts'
import { oneStep, scratch } from '../lower/step.ts'
import type { LossInputs, LossOptions, LossTermOp } from './loss_term.ts'

/**
 * `labels` of `share` of all pixels, those with the largest cross entropy; ignoreIndex elsewhere. As in Google's DeepLab
 * (top_k_percent_pixels), pixels without a label count in the share, a pixel's loss has its class's weight, and of pixels with the
 * same loss the last ones stay.
 */
export function hardLabelsOp(inputs: LossInputs, options: LossOptions, share: number): LossTermOp {
  const { labels } = inputs
  const output: Tensor = { ...labels, name: `hard ${labels.name}` }
  const steps = (op: LossTermOp) => hardLabelSteps(op, options, share)
  return { kind: 'lossTerm', name: output.name, inputs: { ...inputs }, steps, output }
}

function hardLabelSteps(op: LossTermOp, options: LossOptions, share: number) {
  const { logits, labels, classWeights: class_weights } = op.inputs
  const [n, height, width] = labels.shape
  const count = n * height * width
  const loss = {
    ...options,
    label: op.name,
    input: logits.shape,
    width,
    classWeights: Boolean(class_weights),
  }
  const read = { logits, labels, class_weights }
  const forward = softmaxCrossEntropy(loss)
  const partials = scratch(op, forward.outputs.partials)
  const log_sum_exp = scratch(op, count * 4, 'log sum exp')
  const losses = scratch(op, count * 4, 'losses')
  const { steps: sort, keys: sorted_losses, items } = sortSteps(op, { keys: losses, count, limit: 2 ** 32 })
  const hard = Math.max(1, Math.floor(share * count))
  const keep = hardLabels({ label: op.name, shape: labels.shape, hard, ignoreIndex: options.ignoreIndex })
  return [
    ...oneStep(op, forward, { ...read, log_sum_exp, partials }),
    ...oneStep(op, pixelLosses(loss), { ...read, log_sum_exp, losses }),
    ...sort,
    ...oneStep(op, keep, { labels, losses, sorted_losses, sorted_pixels: items, hard_labels: op.output }),
  ]
}
