// The kernels of all ops of training, for plans that are made without waiting: those of inference, and those that differentiation adds.

import { batchNormBackwardLowering, batchNormTrainingLowering } from './batch_norm_training_lowering.ts'
import { commonTrainingOps } from './common_training_ops.ts'
import { conv2dBackwardInputLowering } from './conv2d_backward_input_lowering.ts'
import {
  depthwiseConv2dBackwardInputLowering,
  depthwiseConv2dBackwardWeightLowering,
} from './depthwise_conv2d_backward_lowering.ts'
import { foldBatchNormBackwardLowering } from './fold_batch_norm_lowering.ts'
import type { OpTable } from './index.ts'
import { inferenceOps } from './inference_ops.ts'
import { maxPoolBackwardLowering } from './max_pool_backward_lowering.ts'
import { maximumBackwardLowering } from './maximum_lowering.ts'
import { unbiasedDistillationLowering } from './unbiased_distillation_lowering.ts'

/** The op that labels photos is not among them: only what learns from such loads it. */
export const trainingOps: Omit<OpTable, 'confidentClasses'> = {
  ...commonTrainingOps,
  ...inferenceOps,
  batchNormBackward: batchNormBackwardLowering,
  batchNormTraining: batchNormTrainingLowering,
  conv2dBackwardInput: conv2dBackwardInputLowering,
  depthwiseConv2dBackwardInput: depthwiseConv2dBackwardInputLowering,
  depthwiseConv2dBackwardWeight: depthwiseConv2dBackwardWeightLowering,
  foldBatchNormBackward: foldBatchNormBackwardLowering,
  maximumBackward: maximumBackwardLowering,
  maxPoolBackward: maxPoolBackwardLowering,
  unbiasedDistillation: unbiasedDistillationLowering,
}
