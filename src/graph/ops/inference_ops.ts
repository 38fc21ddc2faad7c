// The kernels of all ops of inference, for plans that are made without waiting.

import { accumulateProbabilitiesLowering } from './accumulate_probabilities_lowering.ts'
import { batchNormLowering } from './batch_norm_lowering.ts'
import { convTranspose2dLowering } from './conv_transpose2d_lowering.ts'
import { cropLowering } from './crop_lowering.ts'
import { dropoutLowering } from './dropout_lowering.ts'
import { commonOps, type InferenceKind, type OpTable } from './index.ts'
import { maxPoolLowering } from './max_pool_lowering.ts'
import { maximumLowering } from './maximum_lowering.ts'
import { preprocessSamplesLowering } from './preprocess_samples_lowering.ts'
import { softmaxLowering } from './softmax_lowering.ts'

export const inferenceOps: OpTable<InferenceKind> = {
  ...commonOps,
  accumulateProbabilities: accumulateProbabilitiesLowering,
  batchNorm: batchNormLowering,
  convTranspose2d: convTranspose2dLowering,
  crop: cropLowering,
  dropout: dropoutLowering,
  maximum: maximumLowering,
  maxPool: maxPoolLowering,
  preprocess: preprocessSamplesLowering,
  softmax: softmaxLowering,
}
