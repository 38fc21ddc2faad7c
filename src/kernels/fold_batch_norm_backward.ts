import type { Kernel } from '../gpu/kernel.ts'

export interface FoldBatchNormBackwardOptions {
  label: string
  /** [out, in, h, w] as PyTorch lays it; a depthwise one is [c, 1, h, w]. */
  weight: readonly number[]
  epsilon: number
}

/** Sums that are worth a whole workgroup. */
const LONG = 1024

/**
 * The gradients of what `foldBatchNorm` folds, where there is no bias of the convolution's own: `weight_gradient` holds that
 * of the folded weight and then, in its place, the weight's; from it and `beta_gradient`, the folded bias's, it also makes
 * `gamma_gradient`. The statistics are the running ones, which have none.
 */
export function foldBatchNormBackward({ label, weight, epsilon }: FoldBatchNormBackwardOptions): Kernel {
  const [outChannels, ...rest] = weight
  const fanIn = rest.reduce((a, b) => a * b)
  const lanes = fanIn > LONG ? 64 : 8
  const [bytes, vectorBytes] = [outChannels * fanIn * 4, outChannels * 4]
  return {
    label,
    shader: 'fold_batch_norm_backward',
    constants: { LANES: lanes },
    params: { out_channels: outChannels, fan_in: fanIn, epsilon },
    inputs: {
      weight: bytes,
      gamma: vectorBytes,
      mean: vectorBytes,
      variance: vectorBytes,
      beta_gradient: vectorBytes,
    },
    outputs: { weight_gradient: bytes, gamma_gradient: vectorBytes },
    workgroups: Math.ceil((outChannels * lanes) / 64),
  }
}
