import type { OpOf, Tensor } from '../ir/tensor.ts'

export interface Distillation {
  /** This loss's factor in the sum of losses. */
  lossWeight: number
}

/**
 * What the old classes keep while new ones are learned. `targets` [n, h, w, classes] are each pixel's weight times the old network's
 * probabilities; the weights have the sum 1. `newClasses` [1, 1, 1, classes]: see the kernel. `output` is f32 [1, 1, 1, 2], as of the cross
 * entropy.
 */
export type UnbiasedDistillationOp = OpOf<
  'unbiasedDistillation',
  { logits: Tensor; targets: Tensor; newClasses: Tensor }
> &
  Distillation & {
    /** Of the logits. */
    gradient: Tensor
  }

/** The loss of a network's logits, with its gradient. */
export function unbiasedDistillationLoss(
  inputs: UnbiasedDistillationOp['inputs'],
  options: Distillation & { name: string },
): UnbiasedDistillationOp {
  const { logits } = inputs
  const gradient: Tensor = { ...logits, name: `${options.name}.gradient` }
  const output: Tensor = { name: options.name, shape: [1, 1, 1, 2], dtype: 'f32' }
  return { kind: 'unbiasedDistillation', inputs, ...options, gradient, output }
}
