// `import … from 'atrous/kernels'`: a plain value for each kernel, made from shapes. `runKernel` of atrous/gpu launches one.

export { accumulateGradients } from './accumulate_gradients.ts'
export { accumulateProbabilities } from './accumulate_probabilities.ts'
export type { Activation } from './activation.ts'
export { activation } from './activation.ts'
export { activationBackward } from './activation_backward.ts'
export { add } from './add.ts'
export { batchNorm } from './batch_norm.ts'
export {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from './batch_norm_backward.ts'
export { batchNormMerge, batchNormStatistics } from './batch_norm_statistics.ts'
export { biasGradient } from './bias_gradient.ts'
export { concat } from './concat.ts'
export { conv2d } from './conv2d.ts'
export { conv2dBackwardInput } from './conv2d_backward_input.ts'
export { conv2dBackwardInputSubgroup } from './conv2d_backward_input_subgroup.ts'
export { conv2dBackwardWeight } from './conv2d_backward_weight.ts'
export { conv2dBackwardWeightSubgroup } from './conv2d_backward_weight_subgroup.ts'
export { conv2dMerge } from './conv2d_merge.ts'
export { conv2dReduceWeight } from './conv2d_reduce_weight.ts'
export { conv2dSubgroup } from './conv2d_subgroup.ts'
export { conv2dSubgroupMatrix } from './conv2d_subgroup_matrix.ts'
export { conv2dTiled } from './conv2d_tiled.ts'
export { copy } from './copy.ts'
export { depthwiseConv2d } from './depthwise_conv2d.ts'
export { depthwiseConv2dBackwardInput } from './depthwise_conv2d_backward_input.ts'
export { depthwiseConv2dBackwardWeight } from './depthwise_conv2d_backward_weight.ts'
export { dropout } from './dropout.ts'
export { fromFloat16, toFloat16 } from './float16.ts'
export { foldBatchNorm } from './fold_batch_norm.ts'
export { foldBatchNormBackward } from './fold_batch_norm_backward.ts'
export { type Padding, samePadding, symmetric, type Window, windowedSize } from './geometry.ts'
export { globalAveragePool } from './global_average_pool.ts'
export { globalAveragePoolBackward } from './global_average_pool_backward.ts'
export {
  activationBytes,
  type Precision,
  padChannels,
  type Shape,
  unpadChannels,
  vectors,
} from './layout.ts'
export { maxPool } from './max_pool.ts'
export { maxPoolBackward, maxPoolWinners } from './max_pool_backward.ts'
export { multiplyAdd } from './multiply_add.ts'
export { packTransposed } from './pack_transposed.ts'
export { preprocess } from './preprocess.ts'
export { resize } from './resize.ts'
export { resizeBackward } from './resize_backward.ts'
export { sgd } from './sgd.ts'
export { sliceChannels } from './slice_channels.ts'
export { softmax } from './softmax.ts'
export {
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from './softmax_cross_entropy.ts'
export { upsampleArgmax } from './upsample_argmax.ts'
export { winogradInput } from './winograd_input.ts'
export { winogradMultiply } from './winograd_multiply.ts'
export { winogradMultiplyBackward } from './winograd_multiply_backward.ts'
export { winogradMultiplyTiled } from './winograd_multiply_tiled.ts'
export { winogradOutput } from './winograd_output.ts'
export { winogradOutputBackward } from './winograd_output_backward.ts'
export { winogradWeight } from './winograd_weight.ts'
export { winogradWeightBackward } from './winograd_weight_backward.ts'
