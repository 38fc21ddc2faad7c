/**
 * A plain value for each kernel, made from shapes. `runKernel` of atrous/gpu launches one.
 * @module atrous/kernels
 */

export { type CopyOptions, copy } from './ceilings/copy.ts'
export { type MultiplyAddOptions, multiplyAdd } from './ceilings/multiply_add.ts'
export { type BiasGradientOptions, biasGradient } from './convolution/bias_gradient.ts'
export { type Conv2dOptions, type Conv2dTile, conv2d } from './convolution/conv2d.ts'
export {
  type Conv2dBackwardInputOptions,
  conv2dBackwardInput,
  conv2dBackwardInputSubgroup,
} from './convolution/conv2d_backward_input.ts'
export {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  conv2dBackwardWeight,
  conv2dBackwardWeightSubgroup,
} from './convolution/conv2d_backward_weight.ts'
export { conv2dMerge } from './convolution/conv2d_merge.ts'
export { type Conv2dReduceWeightOptions, conv2dReduceWeight } from './convolution/conv2d_reduce_weight.ts'
export { conv2dRows } from './convolution/conv2d_rows.ts'
export { conv2dSubgroup } from './convolution/conv2d_subgroup.ts'
export { conv2dSubgroupMatrix } from './convolution/conv2d_subgroup_matrix.ts'
export { conv2dTiled } from './convolution/conv2d_tiled.ts'
export { type DepthwiseConv2dOptions, depthwiseConv2d } from './convolution/depthwise_conv2d.ts'
export {
  type DepthwiseConv2dBackwardInputOptions,
  depthwiseConv2dBackwardInput,
} from './convolution/depthwise_conv2d_backward_input.ts'
export {
  type DepthwiseConv2dBackwardWeightOptions,
  depthwiseConv2dBackwardWeight,
} from './convolution/depthwise_conv2d_backward_weight.ts'
export { type PackTransposedOptions, packTransposed } from './convolution/pack_transposed.ts'
export type { RowTile } from './convolution/row_products.ts'
export type { SubgroupTile } from './convolution/subgroup_tile.ts'
export { type Activation, activation } from './elementwise/activation.ts'
export { type ActivationBackwardOptions, activationBackward } from './elementwise/activation_backward.ts'
export { add } from './elementwise/add.ts'
export { type ConcatOptions, concat } from './elementwise/concat.ts'
export { type DropoutOptions, dropout } from './elementwise/dropout.ts'
export { maximum, maximumBackward } from './elementwise/maximum.ts'
export { type SliceChannelsOptions, sliceChannels } from './elementwise/slice_channels.ts'
export { softmax } from './elementwise/softmax.ts'
export { fromFloat16, toFloat16 } from './float16.ts'
export {
  type Padding,
  type Rows,
  type RowsOf,
  samePadding,
  symmetric,
  type Window,
  windowedSize,
} from './geometry.ts'
export {
  activationBytes,
  type Precision,
  padChannels,
  type Shape,
  unpadChannels,
  vectors,
} from './layout.ts'
export { type BatchNormOptions, batchNorm } from './normalisation/batch_norm.ts'
export {
  type BatchNormBackwardOptions,
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from './normalisation/batch_norm_backward.ts'
export {
  type BatchNormMergeOptions,
  batchNormMerge,
  batchNormStatistics,
} from './normalisation/batch_norm_statistics.ts'
export { type FoldBatchNormOptions, foldBatchNorm } from './normalisation/fold_batch_norm.ts'
export {
  type FoldBatchNormBackwardOptions,
  foldBatchNormBackward,
} from './normalisation/fold_batch_norm_backward.ts'
export { type GlobalAveragePoolOptions, globalAveragePool } from './pooling/global_average_pool.ts'
export { globalAveragePoolBackward } from './pooling/global_average_pool_backward.ts'
export { type MaxPoolOptions, maxPool } from './pooling/max_pool.ts'
export { maxPoolBackward, maxPoolWinners } from './pooling/max_pool_backward.ts'
export {
  type AccumulateProbabilitiesOptions,
  accumulateProbabilities,
} from './resizing/accumulate_probabilities.ts'
export { type CropOptions, crop } from './resizing/crop.ts'
export { type PreprocessOptions, preprocess } from './resizing/preprocess.ts'
export { type PreprocessSamplesOptions, preprocessSamples } from './resizing/preprocess_samples.ts'
export { type ResizeOptions, resize } from './resizing/resize.ts'
export { resizeBackward } from './resizing/resize_backward.ts'
export { type UpsampleArgmaxOptions, upsampleArgmax } from './resizing/upsample_argmax.ts'
export { type AccumulateGradientsOptions, accumulateGradients } from './training/accumulate_gradients.ts'
export { type AdamwOptions, adamw, adamwStep } from './training/adamw.ts'
export {
  type AverageParametersOptions,
  averageParameters,
  averageShare,
} from './training/average_parameters.ts'
export { type SgdOptions, sgd } from './training/sgd.ts'
export {
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from './training/softmax_cross_entropy.ts'
export type { TileRange, WinogradOutputs, WinogradStepOptions } from './winograd/winograd.ts'
export { winogradInput } from './winograd/winograd_input.ts'
export { winogradInputRows } from './winograd/winograd_input_rows.ts'
export { winogradMultiplyTiled } from './winograd/winograd_multiply.ts'
export {
  type WinogradMultiplyBackwardOptions,
  winogradMultiplyBackward,
} from './winograd/winograd_multiply_backward.ts'
export { winogradMultiplyRows } from './winograd/winograd_multiply_rows.ts'
export { winogradMultiply, winogradMultiplyTexture } from './winograd/winograd_multiply_subgroup.ts'
export { winogradOutput } from './winograd/winograd_output.ts'
export { winogradOutputBackward } from './winograd/winograd_output_backward.ts'
export { winogradOutputRows } from './winograd/winograd_output_rows.ts'
export { type WinogradWeightOptions, winogradWeight } from './winograd/winograd_weight.ts'
export {
  type WinogradWeightBackwardOptions,
  winogradWeightBackward,
} from './winograd/winograd_weight_backward.ts'
