import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES, vectors, weightRun } from './layout.ts'

export interface FoldBatchNormOptions {
  label: string
  /** [out, in, h, w] as PyTorch lays it; a depthwise one is [c, 1, h, w]. */
  weight: readonly number[]
  depthwise: boolean
  /** The input channels to take, where a convolution is split by input channel. Default: all. */
  inputChannels?: { from: number; to: number }
  /** ε of the batch norm to fold in, if there is one. */
  epsilon?: number
  bias: boolean
}

/** Re-lays a weight and folds batch norm and bias into it: what conv2d and depthwiseConv2d read. Sizes: `packed` and `packed_bias`. */
export function foldBatchNorm(options: FoldBatchNormOptions): Kernel {
  const { label, weight, depthwise, epsilon, bias } = options
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const { from, to } = options.inputChannels ?? { from: 0, to: inChannels }
  const taps = kernelH * kernelW
  const inPadded = depthwise ? 1 : vectors(to - from) * 4
  const outVectors = vectors(outChannels)
  const run = weightRun(taps)
  const vectorBytes = epsilon === undefined ? 0 : outChannels * 4
  return {
    label,
    shader: 'fold_batch_norm',
    params: {
      out_channels: outChannels,
      in_channels: inChannels,
      in_from: from,
      in_count: to - from,
      in_padded: inPadded,
      run,
      taps,
      out_vectors: outVectors,
      has_batch_norm: Number(epsilon !== undefined),
      has_bias: Number(bias),
      epsilon: epsilon ?? 0,
    },
    inputs: {
      weight: outChannels * inChannels * taps * 4,
      gamma: vectorBytes,
      beta: vectorBytes,
      mean: vectorBytes,
      variance: vectorBytes,
      bias: bias ? outChannels * 4 : 0,
    },
    outputs: {
      packed: taps * inPadded * outVectors * VECTOR_BYTES,
      packed_bias: outVectors * VECTOR_BYTES,
    },
    workgroups: Math.ceil((Math.ceil(inPadded / run) * outVectors) / 64),
  }
}
