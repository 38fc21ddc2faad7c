import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES, vectors, weightRun } from './layout.ts'

export interface Conv2dReduceWeightOptions {
  label: string
  /** [out, in, h, w] as PyTorch lays it; a depthwise one is [c, 1, h, w]. */
  weight: readonly number[]
  depthwise: boolean
  /** How many partials there are: `params.splits` of the kernel that makes them. */
  splits: number
}

/** Adds up the `partials` of conv2dBackwardWeight or depthwiseConv2dBackwardWeight into `weight_gradient`, laid out as the weight. */
export function conv2dReduceWeight({ label, weight, depthwise, splits }: Conv2dReduceWeightOptions): Kernel {
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const taps = kernelH * kernelW
  const inPadded = depthwise ? 1 : vectors(inChannels) * 4
  const outVectors = vectors(outChannels)
  const run = weightRun(taps)
  return {
    label,
    shader: 'conv2d_reduce_weight',
    params: {
      splits,
      run,
      taps,
      in_channels: inChannels,
      in_padded: inPadded,
      out_channels: outChannels,
      out_vectors: outVectors,
    },
    inputs: { partials: splits * taps * inPadded * outVectors * VECTOR_BYTES },
    outputs: { weight_gradient: outChannels * inChannels * taps * 4 },
    workgroups: Math.ceil((Math.ceil(inPadded / run) * outVectors) / 64),
  }
}
