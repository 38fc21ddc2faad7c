// The weights of a convolution as its kernels read them: re-laid, with batch norm folded in. Plans that need the same ones share them.

import type { Kernel } from '../gpu/kernel.ts'
import { foldBatchNorm } from '../kernels/fold_batch_norm.ts'
import { packTransposed } from '../kernels/pack_transposed.ts'
import { type WinogradWeightOptions, winogradWeight } from '../kernels/winograd_weight.ts'
import type { BatchNorm, Parameter } from './graph.ts'

export interface FoldedWeights {
  /** Two of the same key hold the same values. */
  key: string
  /** What makes them; its inputs are the parameters below, its outputs `packed` and `packed_bias`. */
  kernel: Kernel
  /** By their names in the kernel. */
  parameters: Record<string, Parameter>
  /** What makes, of `packed`, what is kept in its place: `weight` → `transformed`. Only where weights do not learn. */
  transform?: Kernel
}

/** Bytes of the weights as they are kept. */
export const packedBytes = ({ kernel, transform }: FoldedWeights): number =>
  transform ? transform.outputs.transformed : kernel.outputs.packed

interface Folding {
  weight: Parameter
  bias?: Parameter
  batchNorm?: BatchNorm
  depthwise: boolean
  inputChannels?: { from: number; to: number }
}

/** What `conv2d`, `depthwiseConv2d` and the latter's backward kernel read. */
export function foldedWeights({ weight, bias, batchNorm, depthwise, inputChannels }: Folding): FoldedWeights {
  const range = inputChannels ? `[${inputChannels.from}…${inputChannels.to}]` : ''
  const key = `${weight.name}${range}${bias ? ` + ${bias.name}` : ''}${batchNorm ? ` · ${batchNorm.gamma.name}` : ''}`
  const kernel = foldBatchNorm({
    label: `fold ${key}`,
    weight: weight.shape,
    depthwise,
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

/** The same at the points of Winograd's tiles. */
export function winogradWeights(
  folded: FoldedWeights,
  options: Omit<WinogradWeightOptions, 'label'>,
): FoldedWeights {
  const key = `${folded.key} for tiles of ${options.outputs}`
  return { ...folded, key, transform: winogradWeight({ ...options, label: key }) }
}

/** What the gradient of a dense convolution's input is computed with. */
export function transposedWeights(weight: Parameter, batchNorm?: BatchNorm): FoldedWeights {
  const key = `${weight.name}${batchNorm ? ` · ${batchNorm.gamma.name}` : ''} transposed`
  return {
    key,
    kernel: packTransposed({ label: `pack ${key}`, weight: weight.shape, epsilon: batchNorm?.epsilon }),
    parameters: { weight, ...(batchNorm && { gamma: batchNorm.gamma, variance: batchNorm.variance }) },
  }
}
