// What a training graph has beside the plain cross entropy. Such an op brings its kernels with it, so that a program without these
// losses need not load them.

import type { OpOf, Tensor } from '../ir/tensor.ts'
import type { Step } from '../lower/step.ts'
import type { OpDefinition } from './definition.ts'

/** What a loss is computed from. The logits have the labels' height and are upsampled to their width. */
export interface LossInputs {
  logits: Tensor
  labels: Tensor
  classWeights?: Tensor
}

export type LossTermOp = OpOf<'lossTerm', { logits: Tensor; labels: Tensor; classWeights?: Tensor }> & {
  /** The kernels that compute the op, in order. */
  steps(op: LossTermOp): Step[]
}

export const lossTermOp: OpDefinition<LossTermOp> = { lower: op => op.steps(op) }

export interface LossOptions {
  name: string
  /** Which of PyTorch's two conventions for positions holds where logits are upsampled. */
  alignCorners: boolean
  /** Pixels of this label count neither in the loss nor in its gradient. */
  ignoreIndex: number
  /** The share of the target that all classes have alike in the cross entropy, as in PyTorch. */
  labelSmoothing: number
}

/** A loss with its gradient, each a tensor of its own. */
export interface LossTerm {
  op: LossTermOp
  /** f32 [1, 1, 1, 2]: the loss comes first. */
  output: Tensor
  /** Of the logits, by the loss times `weight`. */
  gradient: Tensor
  /** The factor of this loss in the sum of losses. */
  weight: number
}

/** The losses beside the cross entropy. */
export interface LossTerms {
  /** An op whose output has the labels that the cross entropy takes. Default: all. */
  hardLabels?(inputs: LossInputs, options: LossOptions): LossTermOp
  /** Makes each of the other losses. */
  losses: ((inputs: LossInputs, options: LossOptions) => LossTerm)[]
  /** Whether these losses take labels of their own, the input `termLabels`. Default: those of the cross entropy. */
  ownLabels?: boolean
}
