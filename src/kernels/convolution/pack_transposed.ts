import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'

export interface PackTransposedOptions {
  label: string
  /** Shape of the weight in PyTorch's layout, [out, in, h, w]. */
  weight: readonly number[]
  /** ε of the batch norm to fold in, if there is one. */
  epsilon?: number
}

/** Packs a weight for `inputGradientByPhases` and the gradient as a convolution, scaled as by `foldBatchNorm`. Output: `packed`. */
export function packTransposed({ label, weight, epsilon }: PackTransposedOptions): Kernel {
  const [outChannels, inChannels, kernelH, kernelW] = weight
  const taps = kernelH * kernelW
  const outPadded = vectors(outChannels) * 4
  const inVectors = vectors(inChannels)
  const vectorBytes = epsilon === undefined ? 0 : outChannels * 4
  return {
    label,
    shader: shaders.pack_transposed,
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
    workgroups: workgroupsFor(shaders.pack_transposed, outPadded * inVectors),
  }
}
