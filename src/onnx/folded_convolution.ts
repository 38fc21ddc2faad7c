// A convolution's weights with its batch norm folded in. The file then has one node instead of two; not every runtime folds them.

import type { Parameter } from '../graph/ir/tensor.ts'
import type { Convolution, FoldedIn } from '../graph/ops/convolution.ts'

/** Every parameter of a network by name, in its checkpoint's layout. */
export type Parameters = ReadonlyMap<string, Float32Array>

interface FoldedConvolution {
  /** [outChannels, inChannels / groups, h, w], as in the checkpoint. */
  weight: Float32Array<ArrayBuffer>
  /** [outChannels] */
  bias: Float32Array<ArrayBuffer>
}

/** γ/√(σ² + ε) scales each filter; the bias is β + (bias − μ)·γ/√(σ² + ε). In float64, rounded once. */
export function foldConvolution(
  convolution: Convolution & FoldedIn,
  parameters: Parameters,
): FoldedConvolution {
  const read = ({ name }: Parameter) => parameters.get(name)!
  const weight = new Float32Array(read(convolution.weight))
  const [outChannels] = convolution.weight.shape
  const bias = convolution.bias ? new Float32Array(read(convolution.bias)) : new Float32Array(outChannels)
  const { batchNorm } = convolution
  if (!batchNorm) return { weight, bias }

  const [gamma, beta, mean, variance] = [
    batchNorm.gamma,
    batchNorm.beta,
    batchNorm.mean,
    batchNorm.variance,
  ].map(read)
  const filterSize = weight.length / outChannels
  for (let channel = 0; channel < outChannels; channel++) {
    const scale = gamma[channel] / Math.sqrt(variance[channel] + batchNorm.epsilon)
    bias[channel] = beta[channel] + (bias[channel] - mean[channel]) * scale
    for (let i = channel * filterSize; i < (channel + 1) * filterSize; i++) weight[i] *= scale
  }
  return { weight, bias }
}
