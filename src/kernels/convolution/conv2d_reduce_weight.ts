import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupSize } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'

export interface Conv2dReduceWeightOptions {
  label: string
  /** Shape of the weight in PyTorch's layout: [out, in, h, w], or [c, 1, h, w] if depthwise. */
  weight: readonly number[]
  depthwise: boolean
  /** Number of partial sums: `params.splits` of the kernel that makes them. */
  splits: number
}

/**
 * Weights of an invocation. Of few weights there may be many partial sums, and a GPU waits for the memory at each of them: so many
 * invocations are to wait at the same time. Of many weights, it is the start of workgroups that takes long on CPU adapters.
 */
const laneWeights = (count: number): number => (count <= 2 ** 14 ? 1 : count <= 2 ** 18 ? 4 : 16)

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
    constants: { LANE_WEIGHTS: laneWeights(count) },
    params: { splits, pitch, count, row, row_padded: rowPadded },
    inputs: { partials: splits * pitch * 4 },
    outputs: { weight_gradient: count * 4 },
    workgroups: Math.ceil(count / (workgroupSize(shaders.conv2d_reduce_weight) * laneWeights(count))),
  }
}

/** Whether the partials are already the gradient: there is one split, and no channel is padded. */
export const isReduced = ({
  weight: [out, channels],
  depthwise,
  splits,
}: Conv2dReduceWeightOptions): boolean => splits === 1 && out % 4 === 0 && (depthwise || channels % 4 === 0)
