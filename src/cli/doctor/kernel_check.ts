// Whether a kernel computes on this adapter what it should: small inputs whose outputs are known.

import { storedAsFloat16, storedBuffers } from '../../gpu/float16_storage.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { type Bytes, runKernel } from '../../gpu/run_kernel.ts'
import type { ShaderName } from '../../gpu/shaders.gen.ts'
import { accumulateGradients } from '../../kernels/accumulate_gradients.ts'
import { accumulateProbabilities } from '../../kernels/accumulate_probabilities.ts'
import { activation } from '../../kernels/activation.ts'
import { activationBackward } from '../../kernels/activation_backward.ts'
import { add } from '../../kernels/add.ts'
import { batchNorm } from '../../kernels/batch_norm.ts'
import {
  batchNormBackwardInput,
  batchNormBackwardMerge,
  batchNormBackwardReduce,
} from '../../kernels/batch_norm_backward.ts'
import { batchNormMerge, batchNormStatistics } from '../../kernels/batch_norm_statistics.ts'
import { biasGradient } from '../../kernels/bias_gradient.ts'
import { concat } from '../../kernels/concat.ts'
import { type Conv2dOptions, conv2d } from '../../kernels/conv2d.ts'
import { conv2dBackwardInput } from '../../kernels/conv2d_backward_input.ts'
import { conv2dBackwardInputSubgroup } from '../../kernels/conv2d_backward_input_subgroup.ts'
import { conv2dBackwardWeight } from '../../kernels/conv2d_backward_weight.ts'
import { conv2dBackwardWeightSubgroup } from '../../kernels/conv2d_backward_weight_subgroup.ts'
import { conv2dMerge } from '../../kernels/conv2d_merge.ts'
import { conv2dReduceWeight } from '../../kernels/conv2d_reduce_weight.ts'
import { conv2dSubgroup } from '../../kernels/conv2d_subgroup.ts'
import { conv2dSubgroupMatrix } from '../../kernels/conv2d_subgroup_matrix.ts'
import { conv2dTiled } from '../../kernels/conv2d_tiled.ts'
import { copy } from '../../kernels/copy.ts'
import { depthwiseConv2d } from '../../kernels/depthwise_conv2d.ts'
import { depthwiseConv2dBackwardInput } from '../../kernels/depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight } from '../../kernels/depthwise_conv2d_backward_weight.ts'
import { dropout } from '../../kernels/dropout.ts'
import { fromFloat16, toFloat16 } from '../../kernels/float16.ts'
import { foldBatchNorm } from '../../kernels/fold_batch_norm.ts'
import { foldBatchNormBackward } from '../../kernels/fold_batch_norm_backward.ts'
import { globalAveragePool } from '../../kernels/global_average_pool.ts'
import { globalAveragePoolBackward } from '../../kernels/global_average_pool_backward.ts'
import { maxPool } from '../../kernels/max_pool.ts'
import { maxPoolBackward, maxPoolWinners } from '../../kernels/max_pool_backward.ts'
import { multiplyAdd } from '../../kernels/multiply_add.ts'
import { packTransposed } from '../../kernels/pack_transposed.ts'
import { preprocess } from '../../kernels/preprocess.ts'
import { resize } from '../../kernels/resize.ts'
import { resizeBackward } from '../../kernels/resize_backward.ts'
import { sgd } from '../../kernels/sgd.ts'
import { sliceChannels } from '../../kernels/slice_channels.ts'
import { softmax } from '../../kernels/softmax.ts'
import {
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from '../../kernels/softmax_cross_entropy.ts'
import { upsampleArgmax } from '../../kernels/upsample_argmax.ts'
import { winogradInput } from '../../kernels/winograd_input.ts'
import { winogradMultiply } from '../../kernels/winograd_multiply.ts'
import { winogradMultiplyBackward } from '../../kernels/winograd_multiply_backward.ts'
import { winogradMultiplyTiled } from '../../kernels/winograd_multiply_tiled.ts'
import { winogradOutput } from '../../kernels/winograd_output.ts'
import { winogradOutputBackward } from '../../kernels/winograd_output_backward.ts'
import { winogradWeight } from '../../kernels/winograd_weight.ts'
import { winogradWeightBackward } from '../../kernels/winograd_weight_backward.ts'

/** What a kernel is given and what it has to make of it. Buffers are base64 of their bytes, as they lie on the GPU. */
export interface KnownAnswer {
  /** The kernels that have to give it: variants of one op share theirs. */
  shaders: ShaderName[]
  /** Of the function that makes the kernel. */
  options: object
  inputs: Record<string, string>
  outputs: Record<string, string>
  /** Of an output: bytes that have to match exactly, or floats. */
  type: 'u8' | 'f32'
  /** Terms that are summed for a value: rounding errors add up like a random walk. */
  fanIn: number
}

export interface KernelReport {
  kernel: ShaderName
  /** Of the check with f16 in its buffers. */
  stored?: 'f16'
  /** `not run` where this adapter lacks what the kernel needs; it is not chosen there. */
  result: 'ok' | 'WRONG' | 'not run'
  /** The largest difference, in units of the tolerance: above 1 is wrong. Null where it made no numbers at all. */
  worstError: number | null
  reason?: string
}

const NO_SUBGROUPS = 'needs subgroups of one size, at least 8'
const NO_MATRICES = 'needs subgroups of one size that multiply matrices of f16'

/** Of a function that makes kernels for subgroups of one size. */
const onSubgroups =
  <Options>(make: (options: Options & { subgroupSize: number }) => Kernel) =>
  (options: Options, { subgroupSize = 0 }: Gpu) =>
    subgroupSize < 8 ? NO_SUBGROUPS : make({ ...options, subgroupSize })

/**
 * The function of each shader's kernel; where the adapter cannot run it, what it lacks. A new shader comes in here and in
 * test/cli/make_known_answers.ts: a test fails until it does.
 */
const makers: Partial<Record<ShaderName, (options: never, gpu: Gpu) => Kernel | string>> = {
  accumulate_gradients: accumulateGradients,
  accumulate_probabilities: accumulateProbabilities,
  activation,
  activation_backward: activationBackward,
  add,
  batch_norm: batchNorm,
  batch_norm_backward_input: batchNormBackwardInput,
  batch_norm_backward_merge: batchNormBackwardMerge,
  batch_norm_backward_reduce: batchNormBackwardReduce,
  batch_norm_merge: batchNormMerge,
  batch_norm_statistics: batchNormStatistics,
  bias_gradient: biasGradient,
  concat,
  conv2d,
  conv2d_backward_input: conv2dBackwardInput,
  conv2d_backward_input_subgroup: onSubgroups(conv2dBackwardInputSubgroup),
  conv2d_backward_weight: conv2dBackwardWeight,
  conv2d_backward_weight_subgroup: onSubgroups(conv2dBackwardWeightSubgroup),
  conv2d_merge: conv2dMerge,
  conv2d_reduce_weight: conv2dReduceWeight,
  conv2d_subgroup: onSubgroups(conv2dSubgroup),
  conv2d_subgroup_matrix: (options: Conv2dOptions, { subgroupSize, subgroupMatrix }: Gpu) =>
    subgroupSize && subgroupMatrix
      ? conv2dSubgroupMatrix({ ...options, subgroupSize, subgroupMatrix })
      : NO_MATRICES,
  conv2d_tiled: conv2dTiled,
  copy,
  depthwise_conv2d: depthwiseConv2d,
  depthwise_conv2d_backward_input: depthwiseConv2dBackwardInput,
  depthwise_conv2d_backward_weight: depthwiseConv2dBackwardWeight,
  dropout,
  fold_batch_norm: foldBatchNorm,
  fold_batch_norm_backward: foldBatchNormBackward,
  global_average_pool: globalAveragePool,
  global_average_pool_backward: globalAveragePoolBackward,
  max_pool: maxPool,
  max_pool_backward: maxPoolBackward,
  max_pool_winners: maxPoolWinners,
  multiply_add: multiplyAdd,
  pack_transposed: packTransposed,
  preprocess,
  resize,
  resize_backward: resizeBackward,
  sgd,
  slice_channels: sliceChannels,
  softmax,
  softmax_cross_entropy: softmaxCrossEntropy,
  softmax_cross_entropy_backward: softmaxCrossEntropyBackward,
  softmax_cross_entropy_merge: softmaxCrossEntropyMerge,
  upsample_argmax: upsampleArgmax,
  winograd_input: winogradInput,
  winograd_multiply: onSubgroups(winogradMultiply),
  winograd_multiply_backward: onSubgroups(winogradMultiplyBackward),
  winograd_multiply_tiled: winogradMultiplyTiled,
  winograd_output: winogradOutput,
  winograd_output_backward: winogradOutputBackward,
  winograd_weight: winogradWeight,
  winograd_weight_backward: winogradWeightBackward,
}

/** Runs a kernel on its known answer. What the adapter refuses to compile or to run is WRONG, with the reason. */
export function checkKernel(gpu: Gpu, shader: ShaderName, answer: KnownAnswer): Promise<KernelReport> {
  const tolerance = { atol: 1e-5, rtol: 1e-6 * Math.sqrt(answer.fanIn) } // of the kernels' tests
  return report({ kernel: shader }, async () => {
    const kernel = kernelOf(gpu, shader, answer)
    if (typeof kernel === 'string') return kernel
    const found = await runKernel(gpu, kernel, decoded(answer.inputs))
    return worstErrorOf(found, decoded(answer.outputs), { type: answer.type, ...tolerance })
  })
}

/**
 * Runs a kernel on the same inputs rounded to f16, and stored as f16: it has to give what it gives with them stored as f32, rounded
 * where it stores f16.
 */
export function checkFloat16(gpu: Gpu, shader: ShaderName, answer: KnownAnswer): Promise<KernelReport> {
  const stored = storedBuffers({ shader })
  // Half a step of f16, and the smallest number that an adapter may not flush to zero.
  const tolerance = { atol: 2 ** -14, rtol: 1.001 * 2 ** -11 }
  return report({ kernel: shader, stored: 'f16' }, async () => {
    const kernel = kernelOf(gpu, shader, answer)
    if (typeof kernel === 'string') return kernel
    if (!gpu.device.features.has('shader-f16')) return 'needs shader-f16'
    const inputs = decoded(answer.inputs)
    const narrow = mapNamed(inputs, stored, bytes => bytesOf(toFloat16(new Float32Array(bytes.buffer))))
    const widened = (bytes: Bytes) => bytesOf(fromFloat16(new Uint16Array(bytes.buffer)))
    const expected = await runKernel(gpu, kernel, mapNamed(narrow, stored, widened))
    const found = mapNamed(await runKernel(gpu, storedAsFloat16(kernel), narrow), stored, widened)
    return worstErrorOf(found, expected, { type: answer.type, ...tolerance })
  })
}

/** What `check` found: a worst error, or why it did not run. */
async function report(
  subject: Pick<KernelReport, 'kernel' | 'stored'>,
  check: () => Promise<number | string>,
): Promise<KernelReport> {
  try {
    const found = await check()
    if (typeof found === 'string') return { ...subject, result: 'not run', worstError: null, reason: found }
    return { ...subject, result: found <= 1 ? 'ok' : 'WRONG', worstError: found }
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    return { ...subject, result: 'WRONG', worstError: null, reason }
  }
}

/** Undefined where the adapter cannot run it. */
const kernelOf = (gpu: Gpu, shader: ShaderName, { options }: KnownAnswer): Kernel | string =>
  makers[shader]!({ ...options, label: shader } as never, gpu)

type Buffers = Record<string, Bytes>

const decoded = (buffers: Record<string, string>): Buffers =>
  Object.fromEntries(
    Object.entries(buffers).map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, 'base64'))]),
  )

/** With those of some names changed. */
const mapNamed = (buffers: Buffers, names: ReadonlySet<string>, change: (bytes: Bytes) => Bytes): Buffers =>
  Object.fromEntries(
    Object.entries(buffers).map(([name, bytes]) => [name, names.has(name) ? change(bytes) : bytes]),
  )

const bytesOf = ({ buffer }: Float32Array | Uint16Array) => new Uint8Array(buffer as ArrayBuffer)

interface Tolerance {
  atol: number
  rtol: number
}

function worstErrorOf(
  found: Buffers,
  expected: Buffers,
  { type, ...tolerance }: Tolerance & Pick<KnownAnswer, 'type'>,
): number {
  const errors = Object.entries(expected).map(([name, bytes]) => {
    if (bytes.length !== found[name].length) throw new Error(`${name}: the known answer is of another size`)
    if (type === 'u8') return found[name].every((byte, i) => byte === bytes[i]) ? 0 : Number.POSITIVE_INFINITY
    return floatError(new Float32Array(found[name].buffer), new Float32Array(bytes.buffer), tolerance)
  })
  return Math.max(...errors)
}

/** The largest |a − r| / (atol + rtol·|r|); infinite for NaN. */
function floatError(actual: Float32Array, expected: Float32Array, { atol, rtol }: Tolerance): number {
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / (atol + rtol * Math.abs(expected[i]))
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return worst
}
