import {
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from '../../kernels/training/softmax_cross_entropy.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep, scratch } from '../lower/step.ts'
import type { OpDefinition } from './definition.ts'

interface CrossEntropyOptions {
  /** Which of PyTorch's two conventions for positions holds where logits are upsampled. */
  alignCorners: boolean
  /** Pixels of this label count neither in the loss nor in its gradient. */
  ignoreIndex: number
  /** The share of the target that all classes have alike, as in PyTorch. */
  labelSmoothing: number
}

/**
 * The mean over the labelled pixels of −log softmax(upsampled logits)[label], by `classWeights` [1, 1, 1, classes] where there are
 * any. The logits have the labels' height and are upsampled to their width. `output` is f32 [1, 1, 1, 2]: loss and 1/Σweight.
 */
export type CrossEntropyOp = OpOf<'crossEntropy', { logits: Tensor; labels: Tensor; classWeights?: Tensor }> &
  CrossEntropyOptions & {
    /** log Σ exp of each label pixel's upsampled logits. */
    logSumExp: Tensor
  }

export type CrossEntropyBackwardOp = OpOf<
  'crossEntropyBackward',
  { logits: Tensor; labels: Tensor; classWeights?: Tensor; logSumExp: Tensor; loss: Tensor }
> &
  CrossEntropyOptions & {
    /** This loss's factor in the sum of losses. */
    lossWeight: number
  }

export const crossEntropyOp: OpDefinition<CrossEntropyOp> = {
  lower(op) {
    const { logits, labels, classWeights: class_weights } = op.inputs
    const kernel = softmaxCrossEntropy(kernelOptions(op))
    const partials = scratch(op, kernel.outputs.partials)
    return [
      ...oneStep(op, kernel, { logits, labels, class_weights, log_sum_exp: op.logSumExp, partials }),
      ...oneStep(op, softmaxCrossEntropyMerge(kernelOptions(op)), { partials, loss: op.output }),
    ]
  },
}

export const crossEntropyBackwardOp: OpDefinition<CrossEntropyBackwardOp> = {
  lower(op) {
    const { logits, labels, classWeights: class_weights, logSumExp: log_sum_exp, loss } = op.inputs
    const kernel = softmaxCrossEntropyBackward({ ...kernelOptions(op), lossWeight: op.lossWeight })
    const read = { logits, labels, class_weights, log_sum_exp, loss }
    return oneStep(op, kernel, { ...read, logits_gradient: op.output })
  },
}

function kernelOptions(op: CrossEntropyOp | CrossEntropyBackwardOp) {
  const { logits, labels, classWeights } = op.inputs
  return {
    label: op.name,
    input: logits.shape,
    width: labels.shape[2],
    alignCorners: op.alignCorners,
    ignoreIndex: op.ignoreIndex,
    labelSmoothing: op.labelSmoothing,
    classWeights: classWeights !== undefined,
  }
}

interface Loss {
  /** The op of the loss and that of its gradient. */
  ops: [CrossEntropyOp, CrossEntropyBackwardOp]
  /** f32 [1, 1, 1, 2]: the loss and 1/Σweight. */
  output: Tensor
  /** Of the logits. */
  gradient: Tensor
}

/** The loss of logits that have the labels' height, with its gradient by `lossWeight`. */
export function crossEntropyLoss(
  inputs: CrossEntropyOp['inputs'],
  { name, lossWeight, ...options }: CrossEntropyOptions & { name: string; lossWeight: number },
): Loss {
  const { logits, labels } = inputs
  const [n, height, width] = labels.shape
  const output: Tensor = { name, shape: [1, 1, 1, 2], dtype: 'f32' }
  const logSumExp: Tensor = {
    name: `${name}.log sum exp`,
    shape: [1, 1, 1, n * height * width],
    dtype: 'f32',
  }
  const gradient: Tensor = { ...logits, name: `${logits.name}.gradient` }
  const loss: CrossEntropyOp = { kind: 'crossEntropy', name, inputs, ...options, logSumExp, output }
  const backward: CrossEntropyBackwardOp = {
    kind: 'crossEntropyBackward',
    name: gradient.name,
    inputs: { ...inputs, logSumExp, loss: output },
    ...options,
    lossWeight,
    output: gradient,
  }
  return { ops: [loss, backward], output, gradient }
}
