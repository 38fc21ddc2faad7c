// The options of a single training step. A recipe adds those of the whole run.

/** The options of a step. Recipe has the other options, and the paper's values as defaults. */
export interface TrainingOptions {
  /** The number of images in a step. */
  batchSize: number
  /**
   * The number of images on the GPU at a time, a divisor of the batch size (default: all). An update uses the mean of the
   * micro-batches' gradients, each the gradient of its own mean loss. Batch norm sees one micro-batch at a time.
   */
  microBatchSize?: number
  /** The edge in pixels of the square part of each image that the network sees. */
  cropSize: number
  outputStride: number
  /** Whether batch norm uses the running statistics and does not change them. Its scale and shift still learn. */
  freezeBatchNorm: boolean
  /** The share of the old running statistics in the new ones: 1 − PyTorch's momentum. */
  batchNormDecay: number
  /**
   * How parameters follow their gradients: by stochastic gradient descent with momentum, as torch.optim.SGD; or by AdamW (Loshchilov and
   * Hutter 2019), as torch.optim.AdamW with the second beta 0.999 and an epsilon of 1e-8. AdamW's rates are smaller: 1e-4 to 1e-3. Default: sgd.
   */
  optimizer?: 'sgd' | 'adamw'
  /** The momentum of stochastic gradient descent, as in PyTorch; of AdamW, its first beta. */
  momentum: number
  /**
   * SGD adds weightDecay · parameter to the gradient of every parameter that learns, as in PyTorch. AdamW moves the parameter by learning
   * rate · weightDecay · parameter, apart from its gradient; PyTorch's default for it is 0.01.
   */
  weightDecay: number
  /** Whether weight decay applies to the scale and the shift of batch norms, too. Many PyTorch recipes leave these out. */
  decayBatchNorm: boolean
  /** A factor on the learning rate of the classifier and of the whole auxiliary head. */
  headLearningRate: number
  /**
   * A factor on the learning rate of the backbone, which is all layers before the head. With 0 it keeps its weights, and no gradients of it are
   * computed; its batch norms still take statistics, unless they are frozen. Default: 1.
   */
  backboneLearningRate?: number
  /**
   * The decay of an exponential moving average of the weights, such as 0.999; 0: none. After step t of the run, it is
   * min(averageDecay, (1 + t) / (10 + t)), as in TensorFlow's ExponentialMovingAverage. The running statistics of batch norm are averaged
   * likewise, since they belong to the weights that they were measured with. Default: 0.
   */
  averageDecay?: number
  /** The share of the values that are dropped before the classifier, from 0 to below 1: torchvision has 0.5, the paper 0. */
  dropout: number
  /** The seed of dropout, a u32. */
  seed: number
  /**
   * The weight of the auxiliary head's loss, which is added to the logits' loss. 0: the network has no such head, or it does
   * not learn.
   */
  auxiliaryLoss: number
  /**
   * The share of the target that all classes have alike in the cross entropy, from 0 to below 1: label_smoothing of PyTorch's
   * CrossEntropyLoss, with class weights as there. The auxiliary head's loss has it, too. Default: 0.
   */
  labelSmoothing?: number
  /**
   * The share of the pixels that the cross entropy counts, above 0 and at most 1: those with the largest losses, of all images of a
   * micro-batch together. It is online hard example mining by top_k_percent_pixels of Google's DeepLab: a pixel's loss is that with
   * its class's weight, and pixels without a label count in the share. The loss is their weighted mean; the auxiliary head's counts
   * all pixels. Default: 1.
   */
  hardPixels?: number
  /**
   * The weight of the Dice loss, which is added to the logits' cross entropy: DiceLoss(mode='multiclass') of
   * segmentation_models.pytorch. A class loses 1 − 2 · Σ p · y / Σ (p + y) over the labelled pixels of a micro-batch, with its
   * probability p and y = 1 at its pixels; a class without a pixel loses nothing. The loss is the mean over all classes. It has no
   * class weights; the auxiliary head and unlabelled photos have none of it. Default: 0.
   */
  diceLoss?: number
  /**
   * The weight of the Lovász-softmax loss (Berman et al. 2018), which is added to the logits' cross entropy, with classes='present' and
   * per_image=False: the mean, over the classes that a micro-batch has, of the Lovász extension of 1 − IoU. It sorts all labelled
   * pixels once for each class of the model, so that steps with many classes take longer. It has no class weights; the auxiliary
   * head and unlabelled photos have none of it. Default: 0.
   */
  lovaszLoss?: number
  /** A factor for each class on its pixels' loss. The mean divides by Σ weight, as in PyTorch. Null: all classes count alike. */
  classWeights?: readonly number[] | null
  /**
   * The memory for the activations of a step, in MiB. Activations that do not fit are computed a second time in the backward
   * pass, with the same result to the bit. Default: the GPU's largest buffer, or the least possible if that is more.
   */
  activationBudget?: number
}
