import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES, vectors } from './layout.ts'

export interface PackTransposedOptions {
  label: string
  /** [out, in, h, w] as PyTorch lays it */
  weight: readonly number[]
  /** ε of the batch norm to fold in, if there is one. */
  epsilon?: number
}

/** Re-lays a weight for `chooseConv2dBackwardInput`, scaled as `foldBatchNorm` does: `packed`. */
export function packTransposed({ label, weight, epsilon }: PackTransposedOptions): Kernel {
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const taps = kernelH * kernelW
  const outPadded = vectors(outChannels) * 4
  const inVectors = vectors(inChannels)
  const vectorBytes = epsilon === undefined ? 0 : outChannels * 4
  return {
    label,
    shader: 'pack_transposed',
    params: {
      out_channels: outChannels,
      in_channels: inChannels,
      taps,
      out_padded: outPadded,
      in_vectors: inVectors,
      has_batch_norm: Number(epsilon !== undefined),
      epsilon: epsilon ?? 0,
    },
    inputs: { weight: outChannels * inChannels * taps * 4, gamma: vectorBytes, variance: vectorBytes },
    outputs: { packed: taps * outPadded * inVectors * VECTOR_BYTES },
    workgroups: Math.ceil((outPadded * inVectors) / 64),
  }
}
