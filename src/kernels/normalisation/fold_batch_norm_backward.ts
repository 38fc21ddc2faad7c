import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupSize, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

export interface FoldBatchNormBackwardOptions {
  label: string
  /** Shape of the weight in PyTorch's layout: [out, in, h, w], or [c, 1, h, w] if depthwise. */
  weight: readonly number[]
  epsilon: number
}

/** A sum with more terms than this takes a whole workgroup. */
const LONG = 1024

/**
 * The gradients of the weight and γ, which `foldBatchNorm` folds, for convolutions without a bias. `weight_gradient`
 * holds the gradient of the folded weight before and that of the weight after. `gamma_gradient` is made from it and
 * from `beta_gradient`, the gradient of the folded bias. The running statistics are constants.
 */
export function foldBatchNormBackward({ label, weight, epsilon }: FoldBatchNormBackwardOptions): Kernel {
  const [outChannels, ...rest] = weight
  const fanIn = rest.reduce((a, b) => a * b)
  const lanes = fanIn > LONG ? workgroupSize(shaders.fold_batch_norm_backward) : 8
  const [bytes, vectorBytes] = [outChannels * fanIn * 4, outChannels * 4]
  return {
    label,
    shader: shaders.fold_batch_norm_backward,
    constants: { CHANNEL_LANES: lanes },
    params: { out_channels: outChannels, fan_in: fanIn, epsilon },
    inputs: {
      weight: bytes,
      gamma: vectorBytes,
      mean: vectorBytes,
      variance: vectorBytes,
      beta_gradient: vectorBytes,
    },
    outputs: { weight_gradient: bytes, gamma_gradient: vectorBytes },
    workgroups: workgroupsFor(shaders.fold_batch_norm_backward, outChannels * lanes),
  }
}
