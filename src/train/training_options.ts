// What can be said of a training run, beside the recipe that changes as it goes.

/** What a step computes; Recipe has the rest, and the paper's values. */
export interface TrainingOptions {
  /** Images a step. */
  batchSize: number
  /**
   * Images that are on the GPU at a time, a divisor of the batch size (default: all). An update is by the mean of the
   * micro-batches' gradients, each that of its own mean loss; batch norm sees one micro-batch at a time.
   */
  microBatchSize?: number
  /** Edge of the square that the network sees of each image, in pixels. */
  cropSize: number
  outputStride: number
  /** Batch norm uses the running statistics and leaves them as they are; its scale and shift learn on. */
  freezeBatchNorm: boolean
  /** Share of the old running statistics in the new ones: 1 − PyTorch's momentum. */
  batchNormDecay: number
  /** Of stochastic gradient descent, as in PyTorch. */
  momentum: number
  /** Adds weightDecay · parameter to the gradient of all that learns, as in PyTorch. */
  weightDecay: number
  /** Factor on the learning rate of the classifier, and of all of the auxiliary head. */
  headLearningRate: number
  /** Share of the values that are dropped before the classifier, 0 to below 1: torchvision has 0.5, the paper none. */
  dropout: number
  /** Of dropout; a u32. */
  seed: number
  /** Weight of the auxiliary head's loss, which is added to that of the logits. 0: there is no such head, or it stays as it is. */
  auxiliaryLoss: number
  /** A factor for each class on its pixels' loss; the mean is over Σ weight, as in PyTorch. Null: all count alike. */
  classWeights?: readonly number[] | null
  /**
   * MiB for the activations of a step. What does not fit is computed a second time in the backward pass, with the same result
   * to the bit. Default: the GPU's largest buffer.
   */
  activationBudget?: number
}
