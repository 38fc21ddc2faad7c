import type { Kernel } from '../gpu/kernel.ts'
import { vectors } from './layout.ts'

export interface Conv2dReduceWeightOptions {
  label: string
  /** [out, in, h, w] as PyTorch lays it; a depthwise one is [c, 1, h, w]. */
  weight: readonly number[]
  depthwise: boolean
  /** How many partials there are: `params.splits` of the kernel that makes them. */
  splits: number
}

/** What a workgroup adds up. */
const WEIGHTS = 64 * 16

/** Adds up the `partials` of conv2dBackwardWeight or depthwiseConv2dBackwardWeight into `weight_gradient`, laid out as the weight. */
export function conv2dReduceWeight({ label, weight, depthwise, splits }: Conv2dReduceWeightOptions): Kernel {
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const taps = kernelH * kernelW
  const row = inChannels * taps
  const rowPadded = depthwise ? taps : vectors(inChannels) * 4 * taps
  const pitch = vectors(outChannels) * 4 * rowPadded
  const count = outChannels * row
  return {
    label,
    shader: 'conv2d_reduce_weight',
    params: { splits, pitch, count, row, row_padded: rowPadded },
    inputs: { partials: splits * pitch * 4 },
    outputs: { weight_gradient: count * 4 },
    workgroups: Math.ceil(count / WEIGHTS),
  }
}

/** Whether the partials are the gradient itself: there is one of each, and no channel is padded. */
export const isReduced = ({
  weight: [out, channels],
  depthwise,
  splits,
}: Conv2dReduceWeightOptions): boolean => splits === 1 && out % 4 === 0 && (depthwise || channels % 4 === 0)
