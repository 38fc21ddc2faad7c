// The weights of a convolution as its kernel reads them: re-laid, with batch norm folded in. Plans that need the same ones share them.

import type { Kernel } from '../gpu/kernel.ts'
import { foldBatchNorm } from '../kernels/fold_batch_norm.ts'
import type { Conv2dOp, DepthwiseConv2dOp, Parameter } from './graph.ts'

export interface FoldedWeights {
  /** Two of the same key hold the same values. */
  key: string
  /** What makes them, once; its inputs are the parameters below. */
  kernel: Kernel
  /** By their names in the kernel. */
  parameters: Record<string, Parameter>
}

export function foldedWeights(op: Conv2dOp | DepthwiseConv2dOp): FoldedWeights {
  const { weight, bias, batchNorm } = op
  const inputChannels = op.kind === 'conv2d' ? op.inputChannels : undefined
  const range = inputChannels ? `[${inputChannels.from}…${inputChannels.to}]` : ''
  const key = `${weight.name}${range}${batchNorm ? ` · ${batchNorm.gamma.name}` : ''}`
  const kernel = foldBatchNorm({
    label: `fold ${key}`,
    weight: weight.shape,
    depthwise: op.kind === 'depthwiseConv2d',
    inputChannels,
    epsilon: batchNorm?.epsilon,
    bias: bias !== undefined,
  })
  const statistics = batchNorm && {
    gamma: batchNorm.gamma,
    beta: batchNorm.beta,
    mean: batchNorm.mean,
    variance: batchNorm.variance,
  }
  return { key, kernel, parameters: { weight, ...(bias && { bias }), ...statistics } }
}
