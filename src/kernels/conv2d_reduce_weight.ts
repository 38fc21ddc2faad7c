import type { Kernel } from '../gpu/kernel.ts'
import { constantOf, workgroupSize } from '../gpu/shader_constants.ts'
import * as shaders from '../gpu/shaders.gen.ts'
import { vectors } from './layout.ts'

export interface Conv2dReduceWeightOptions {
  label: string
  /** Shape of the weight in PyTorch's layout: [out, in, h, w], or [c, 1, h, w] if depthwise. */
  weight: readonly number[]
  depthwise: boolean
  /** Number of partial sums: `params.splits` of the kernel that makes them. */
  splits: number
}

/** Weights of a workgroup. */
const WEIGHTS =
  workgroupSize(shaders.conv2d_reduce_weight) * constantOf(shaders.conv2d_reduce_weight, 'LANE_WEIGHTS')

/**
 * Adds up the `partials` of `conv2dBackwardWeight` or `depthwiseConv2dBackwardWeight` to `weight_gradient`, in the
 * weight's layout.
 */
export function conv2dReduceWeight({ label, weight, depthwise, splits }: Conv2dReduceWeightOptions): Kernel {
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const taps = kernelH * kernelW
  const row = inChannels * taps
  const rowPadded = depthwise ? taps : vectors(inChannels) * 4 * taps
  const pitch = vectors(outChannels) * 4 * rowPadded
  const count = outChannels * row
  return {
    label,
    shader: shaders.conv2d_reduce_weight,
    params: { splits, pitch, count, row, row_padded: rowPadded },
    inputs: { partials: splits * pitch * 4 },
    outputs: { weight_gradient: count * 4 },
    workgroups: Math.ceil(count / WEIGHTS),
  }
}

/** Whether the partials are already the gradient: there is one split, and no channel is padded. */
export const isReduced = ({
  weight: [out, channels],
  depthwise,
  splits,
}: Conv2dReduceWeightOptions): boolean => splits === 1 && out % 4 === 0 && (depthwise || channels % 4 === 0)
