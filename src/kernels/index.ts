/**
 * A plain value for each kernel, made from shapes. `runKernel` of atrous/gpu launches one.
 * @module atrous/kernels
 */

export { type AccumulateGradientsOptions, accumulateGradients } from './accumulate_gradients.ts'
export { type AccumulateProbabilitiesOptions, accumulateProbabilities } from './accumulate_probabilities.ts'
export { type Activation, activation } from './activation.ts'
export { type ActivationBackwardOptions, activationBackward } from './activation_backward.ts'
export { add } from './add.ts'
export { type BatchNormOptions, batchNorm } from './batch_norm.ts'
export {
  type BatchNormBackwardOptions,
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from './batch_norm_backward.ts'
export { type BatchNormMergeOptions, batchNormMerge, batchNormStatistics } from './batch_norm_statistics.ts'
export { type BiasGradientOptions, biasGradient } from './bias_gradient.ts'
export { type ConcatOptions, concat } from './concat.ts'
export { type Conv2dOptions, type Conv2dTile, conv2d } from './conv2d.ts'
export { type Conv2dBackwardInputOptions, conv2dBackwardInput } from './conv2d_backward_input.ts'
export { conv2dBackwardInputSubgroup } from './conv2d_backward_input_subgroup.ts'
export {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  conv2dBackwardWeight,
} from './conv2d_backward_weight.ts'
export { conv2dBackwardWeightSubgroup } from './conv2d_backward_weight_subgroup.ts'
export { conv2dMerge } from './conv2d_merge.ts'
export { type Conv2dReduceWeightOptions, conv2dReduceWeight } from './conv2d_reduce_weight.ts'
export { conv2dRows } from './conv2d_rows.ts'
export { conv2dSubgroup, type SubgroupTile } from './conv2d_subgroup.ts'
export { conv2dSubgroupMatrix } from './conv2d_subgroup_matrix.ts'
export { conv2dTiled } from './conv2d_tiled.ts'
export { type CopyOptions, copy } from './copy.ts'
export { type CropOptions, crop } from './crop.ts'
export { type DepthwiseConv2dOptions, depthwiseConv2d } from './depthwise_conv2d.ts'
export {
  type DepthwiseConv2dBackwardInputOptions,
  depthwiseConv2dBackwardInput,
} from './depthwise_conv2d_backward_input.ts'
export {
  type DepthwiseConv2dBackwardWeightOptions,
  depthwiseConv2dBackwardWeight,
} from './depthwise_conv2d_backward_weight.ts'
export { type DropoutOptions, dropout } from './dropout.ts'
export { fromFloat16, toFloat16 } from './float16.ts'
export { type FoldBatchNormOptions, foldBatchNorm } from './fold_batch_norm.ts'
export { type FoldBatchNormBackwardOptions, foldBatchNormBackward } from './fold_batch_norm_backward.ts'
export {
  type Padding,
  type Rows,
  type RowsOf,
  samePadding,
  symmetric,
  type Window,
  windowedSize,
} from './geometry.ts'
export { type GlobalAveragePoolOptions, globalAveragePool } from './global_average_pool.ts'
export { globalAveragePoolBackward } from './global_average_pool_backward.ts'
export {
  activationBytes,
  type Precision,
  padChannels,
  type Shape,
  unpadChannels,
  vectors,
} from './layout.ts'
export { type MaxPoolOptions, maxPool } from './max_pool.ts'
export { maxPoolBackward, maxPoolWinners } from './max_pool_backward.ts'
export { maximum } from './maximum.ts'
export { maximumBackward } from './maximum_backward.ts'
export { type MultiplyAddOptions, multiplyAdd } from './multiply_add.ts'
export { type PackTransposedOptions, packTransposed } from './pack_transposed.ts'
export { type PreprocessOptions, preprocess } from './preprocess.ts'
export { type ResizeOptions, resize } from './resize.ts'
export { resizeBackward } from './resize_backward.ts'
export type { RowTile } from './row_products.ts'
export { type SgdOptions, sgd } from './sgd.ts'
export { type SliceChannelsOptions, sliceChannels } from './slice_channels.ts'
export { softmax } from './softmax.ts'
export {
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from './softmax_cross_entropy.ts'
export { type UpsampleArgmaxOptions, upsampleArgmax } from './upsample_argmax.ts'
export type { TileRange, WinogradOutputs, WinogradStepOptions } from './winograd.ts'
export { winogradInput } from './winograd_input.ts'
export { winogradInputRows } from './winograd_input_rows.ts'
export { winogradMultiply } from './winograd_multiply.ts'
export {
  type WinogradMultiplyBackwardOptions,
  winogradMultiplyBackward,
} from './winograd_multiply_backward.ts'
export { winogradMultiplyRows } from './winograd_multiply_rows.ts'
export { winogradMultiplyTexture } from './winograd_multiply_texture.ts'
export { winogradMultiplyTiled } from './winograd_multiply_tiled.ts'
export { winogradOutput } from './winograd_output.ts'
export { winogradOutputBackward } from './winograd_output_backward.ts'
export { winogradOutputRows } from './winograd_output_rows.ts'
export { type WinogradWeightOptions, winogradWeight } from './winograd_weight.ts'
export { type WinogradWeightBackwardOptions, winogradWeightBackward } from './winograd_weight_backward.ts'
