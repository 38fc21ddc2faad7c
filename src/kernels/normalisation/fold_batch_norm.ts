import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES, vectors, weightRun } from '../layout.ts'

export interface FoldBatchNormOptions {
  label: string
  /** Shape of the weight in PyTorch's layout: [out, in, h, w], or [c, 1, h, w] if depthwise. */
  weight: readonly number[]
  depthwise: boolean
  /** The input channels to take, if a convolution is split by input channel. Default: all. */
  inputChannels?: { from: number; to: number }
  /** ε of the batch norm to fold in, if there is one. */
  epsilon?: number
  bias: boolean
}

/**
 * Packs a weight for `conv2d` and `depthwiseConv2d`, with batch norm and bias folded in. Outputs: `packed` and
 * `packed_bias`.
 */
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
    shader: shaders.fold_batch_norm,
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
    workgroups: workgroupsFor(shaders.fold_batch_norm, Math.ceil(inPadded / run) * outVectors),
  }
}
