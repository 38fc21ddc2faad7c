// Times the kernels over the cases that tests verify them with: `npx tsx bench/kernels.ts [op …]`.
// Each is verified against its reference first. Times are the GPU's own, medians of repeated runs after a warm-up.
// GFLOP/s count every tap of a convolution, those in the padding too; GB/s every byte once, as if caches were perfect;
// "ceiling %" is the share of the nearer of the adapter's two ceilings, which are measured first.

import { measureCeilings } from '../src/bench/ceilings.ts'
import { ratesOf } from '../src/bench/rates.ts'
import { summary } from '../src/bench/repeat.ts'
import { timeKernel } from '../src/bench/time_kernel.ts'
import { ceilingsText, RATES, ratesCells, SUMMARY, summaryCells } from '../src/cli/bench/bench_text.ts'
import { StreamedTable } from '../src/cli/streamed_table.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import { weightGradientKernel } from '../src/graph/convolution/backward_weight.ts'
import { conv2dTiled } from '../src/kernels/conv2d_tiled.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../src/node/gpu/dawn.ts'
import { cases as accumulateGradientsCases } from '../test/cases/accumulate_gradients.ts'
import { cases as accumulateProbabilitiesCases } from '../test/cases/accumulate_probabilities.ts'
import { cases as activationCases } from '../test/cases/activation.ts'
import { cases as activationBackwardCases } from '../test/cases/activation_backward.ts'
import { cases as addCases } from '../test/cases/add.ts'
import { cases as batchNormCases } from '../test/cases/batch_norm.ts'
import { cases as batchNormBackwardCases } from '../test/cases/batch_norm_backward.ts'
import { cases as batchNormStatisticsCases } from '../test/cases/batch_norm_statistics.ts'
import { cases as biasGradientCases } from '../test/cases/bias_gradient.ts'
import { cases as concatCases } from '../test/cases/concat.ts'
import { cases as conv2dCases } from '../test/cases/conv2d.ts'
import { cases as conv2dBackwardCases } from '../test/cases/conv2d_backward.ts'
import { cases as conv2dMergeCases } from '../test/cases/conv2d_merge.ts'
import { cases as copyCases } from '../test/cases/copy.ts'
import { cases as depthwiseConv2dCases } from '../test/cases/depthwise_conv2d.ts'
import { cases as depthwiseConv2dBackwardCases } from '../test/cases/depthwise_conv2d_backward.ts'
import { cases as dropoutCases } from '../test/cases/dropout.ts'
import { cases as foldBatchNormBackwardCases } from '../test/cases/fold_batch_norm_backward.ts'
import { cases as globalAveragePoolCases } from '../test/cases/global_average_pool.ts'
import { cases as globalAveragePoolBackwardCases } from '../test/cases/global_average_pool_backward.ts'
import { cases as maxPoolCases } from '../test/cases/max_pool.ts'
import { cases as maxPoolBackwardCases } from '../test/cases/max_pool_backward.ts'
import { cases as multiplyAddCases } from '../test/cases/multiply_add.ts'
import { cases as preprocessCases } from '../test/cases/preprocess.ts'
import { cases as resizeCases } from '../test/cases/resize.ts'
import { cases as resizeBackwardCases } from '../test/cases/resize_backward.ts'
import { cases as sgdCases } from '../test/cases/sgd.ts'
import { cases as sliceChannelsCases } from '../test/cases/slice_channels.ts'
import { cases as softmaxCases } from '../test/cases/softmax.ts'
import { cases as softmaxCrossEntropyCases } from '../test/cases/softmax_cross_entropy.ts'
import { cases as upsampleArgmaxCases } from '../test/cases/upsample_argmax.ts'
import { cases as winogradCases } from '../test/cases/winograd.ts'
import { accumulateGradientsRun } from '../test/kernels/accumulate_gradients.ts'
import { accumulateProbabilitiesRun } from '../test/kernels/accumulate_probabilities.ts'
import { activationRun } from '../test/kernels/activation.ts'
import { activationBackwardRun } from '../test/kernels/activation_backward.ts'
import { addRun } from '../test/kernels/add.ts'
import { batchNormRun } from '../test/kernels/batch_norm.ts'
import {
  batchNormBackwardInputRun,
  batchNormBackwardMergeRun,
  batchNormBackwardReduceRun,
} from '../test/kernels/batch_norm_backward.ts'
import { batchNormMergeRun, batchNormStatisticsRun } from '../test/kernels/batch_norm_statistics.ts'
import { biasGradientRun } from '../test/kernels/bias_gradient.ts'
import { concatRun } from '../test/kernels/concat.ts'
import { conv2dRun } from '../test/kernels/conv2d.ts'
import { conv2dBackwardInputRun } from '../test/kernels/conv2d_backward_input.ts'
import { conv2dBackwardWeightRun } from '../test/kernels/conv2d_backward_weight.ts'
import { conv2dMergeRun } from '../test/kernels/conv2d_merge.ts'
import { copyRun } from '../test/kernels/copy.ts'
import { depthwiseConv2dRun } from '../test/kernels/depthwise_conv2d.ts'
import { depthwiseConv2dBackwardInputRun } from '../test/kernels/depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeightRun } from '../test/kernels/depthwise_conv2d_backward_weight.ts'
import { dropoutRun } from '../test/kernels/dropout.ts'
import { foldBatchNormBackwardRun } from '../test/kernels/fold_batch_norm_backward.ts'
import { globalAveragePoolRun } from '../test/kernels/global_average_pool.ts'
import { globalAveragePoolBackwardRun } from '../test/kernels/global_average_pool_backward.ts'
import { maxPoolRun } from '../test/kernels/max_pool.ts'
import { maxPoolBackwardRun, maxPoolWinnersRun } from '../test/kernels/max_pool_backward.ts'
import { multiplyAddRun } from '../test/kernels/multiply_add.ts'
import { preprocessRun } from '../test/kernels/preprocess.ts'
import { resizeRun } from '../test/kernels/resize.ts'
import { resizeBackwardRun } from '../test/kernels/resize_backward.ts'
import { sgdRun } from '../test/kernels/sgd.ts'
import { sliceChannelsRun } from '../test/kernels/slice_channels.ts'
import { softmaxRun } from '../test/kernels/softmax.ts'
import {
  softmaxCrossEntropyBackwardRun,
  softmaxCrossEntropyMergeRun,
  softmaxCrossEntropyRun,
} from '../test/kernels/softmax_cross_entropy.ts'
import { upsampleArgmaxRun } from '../test/kernels/upsample_argmax.ts'
import {
  winogradInputRun,
  winogradMultiplyRun,
  winogradMultiplyTiledRun,
  winogradOutputRun,
  winogradWeightRun,
} from '../test/kernels/winograd.ts'
import {
  winogradMultiplyBackwardRun,
  winogradOutputBackwardRun,
  winogradWeightBackwardRun,
} from '../test/kernels/winograd_backward.ts'
import { backwardInputKernel } from '../test/support/gradient_kernels.ts'
import { type KernelRun, verify } from '../test/support/kernel_run.ts'

interface Bench {
  name: string
  prepare(gpu: Gpu): KernelRun | Promise<KernelRun>
}

/** Those of an op's cases that are worth timing. */
const benches = <Case extends { name: string; bench?: boolean }>(
  cases: Case[],
  run: (test: Case, gpu: Gpu) => KernelRun | Promise<KernelRun>,
): Bench[] =>
  cases.filter(({ bench }) => bench).map(test => ({ name: test.name, prepare: gpu => run(test, gpu) }))

const ops: Record<string, Bench[]> = {
  conv2d: benches(conv2dCases, conv2dRun),
  conv2d_tiled: benches(conv2dCases, (test, gpu) => conv2dRun(test, gpu, { variant: conv2dTiled })),
  conv2d_merge: benches(conv2dMergeCases, conv2dMergeRun),
  winograd_input: benches(winogradCases, winogradInputRun),
  winograd_multiply: benches(winogradCases, winogradMultiplyRun),
  winograd_multiply_tiled: benches(winogradCases, winogradMultiplyTiledRun),
  winograd_output: benches(winogradCases, winogradOutputRun),
  winograd_weight: benches(winogradCases, test => winogradWeightRun(test)),
  winograd_multiply_backward: benches(winogradCases, winogradMultiplyBackwardRun),
  winograd_output_backward: benches(winogradCases, winogradOutputBackwardRun),
  winograd_weight_backward: benches(winogradCases, winogradWeightBackwardRun),
  conv2d_backward_input: benches(conv2dBackwardCases, (test, gpu) =>
    conv2dBackwardInputRun(test, gpu, options => backwardInputKernel(options, gpu)),
  ),
  conv2d_backward_weight: benches(conv2dBackwardCases, (test, gpu) =>
    conv2dBackwardWeightRun(test, options => weightGradientKernel(options, gpu)),
  ),
  bias_gradient: benches(biasGradientCases, biasGradientRun),
  depthwise_conv2d: benches(depthwiseConv2dCases, depthwiseConv2dRun),
  depthwise_conv2d_backward_input: benches(depthwiseConv2dBackwardCases, depthwiseConv2dBackwardInputRun),
  depthwise_conv2d_backward_weight: benches(depthwiseConv2dBackwardCases, depthwiseConv2dBackwardWeightRun),
  batch_norm: benches(batchNormCases, batchNormRun),
  activation: benches(activationCases, activationRun),
  add: benches(addCases, addRun),
  concat: benches(concatCases, test => concatRun(test, 0)),
  max_pool: benches(maxPoolCases, maxPoolRun),
  global_average_pool: benches(globalAveragePoolCases, globalAveragePoolRun),
  resize: benches(resizeCases, resizeRun),
  softmax: benches(softmaxCases, test => softmaxRun(test)),
  preprocess: benches(preprocessCases, preprocessRun),
  upsample_argmax: benches(upsampleArgmaxCases, test => upsampleArgmaxRun(test)),
  accumulate_probabilities: benches(accumulateProbabilitiesCases, test => accumulateProbabilitiesRun(test)),
  batch_norm_statistics: benches(batchNormStatisticsCases, batchNormStatisticsRun),
  batch_norm_merge: benches(batchNormStatisticsCases, batchNormMergeRun),
  batch_norm_backward_reduce: benches(batchNormBackwardCases, batchNormBackwardReduceRun),
  batch_norm_backward_merge: benches(batchNormBackwardCases, batchNormBackwardMergeRun),
  batch_norm_backward_input: benches(batchNormBackwardCases, batchNormBackwardInputRun),
  fold_batch_norm_backward: benches(foldBatchNormBackwardCases, foldBatchNormBackwardRun),
  activation_backward: benches(activationBackwardCases, activationBackwardRun),
  max_pool_winners: benches(maxPoolBackwardCases, maxPoolWinnersRun),
  max_pool_backward: benches(maxPoolBackwardCases, maxPoolBackwardRun),
  global_average_pool_backward: benches(globalAveragePoolBackwardCases, globalAveragePoolBackwardRun),
  resize_backward: benches(resizeBackwardCases, resizeBackwardRun),
  slice_channels: benches(sliceChannelsCases, sliceChannelsRun),
  softmax_cross_entropy: benches(softmaxCrossEntropyCases, softmaxCrossEntropyRun),
  softmax_cross_entropy_merge: benches(softmaxCrossEntropyCases, softmaxCrossEntropyMergeRun),
  softmax_cross_entropy_backward: benches(softmaxCrossEntropyCases, softmaxCrossEntropyBackwardRun),
  dropout: benches(dropoutCases, dropoutRun),
  accumulate_gradients: benches(accumulateGradientsCases, accumulateGradientsRun),
  sgd: benches(sgdCases, sgdRun),
  copy: benches(copyCases, copyRun),
  multiply_add: benches(multiplyAddCases, multiplyAddRun),
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ops)
const unknown = names.filter(name => !(name in ops))
if (unknown.length > 0) {
  console.error(`no such op: ${unknown.join(', ')}; there are ${Object.keys(ops).join(', ')}`)
  process.exit(1)
}

const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
try {
  const ceilings = await measureCeilings(gpu)
  console.log(`${gpu.info.description}; ${ceilingsText(ceilings)}\n`)
  const table = new StreamedTable(['case', ...SUMMARY, ...RATES], 72)
  for (const op of names) {
    for (const { name, prepare } of ops[op]) {
      const run = await prepare(gpu)
      await verify(gpu, run)
      const times = summary(await timeKernel(gpu, run.kernel, run.data))
      const rates = ratesOf([run.kernel], times.median, ceilings)
      table.row([`${op}: ${name}`, ...summaryCells(times), ...ratesCells(rates)])
    }
  }
} finally {
  gpu.destroy()
}
