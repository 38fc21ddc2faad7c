import { packTransposed } from '../../kernels/convolution/pack_transposed.ts'
import { winogradWeight } from '../../kernels/winograd/winograd_weight.ts'
import type { BatchNorm, Parameter } from '../ir/tensor.ts'
import { type ConvolutionWeights, isBare, keyOf } from './packed_weights.ts'

/** The weights with which the gradient of a dense convolution's input is computed. */
export function transposedWeights(weight: Parameter, batchNorm?: BatchNorm): ConvolutionWeights {
  const key = `${keyOf({ weight, batchNorm })} transposed`
  const scale = batchNorm && { gamma: batchNorm.gamma, variance: batchNorm.variance }
  const parameters = { weight, ...scale }
  const options = { weight: weight.shape, epsilon: batchNorm?.epsilon }
  return {
    direct: () => ({
      key,
      parts: [{ kernel: packTransposed({ ...options, label: `pack ${key}` }), parameters }],
    }),
    winograd: outputs => {
      const atPoints = `${key} for tiles of ${outputs}`
      const of = { label: `fold ${atPoints}`, outputs, ofGradient: true, bias: false }
      return { key: atPoints, parts: [{ kernel: winogradWeight({ ...options, ...of }), parameters }] }
    },
    // Rows are the gradient's channels, which are the layer's outputs, in either.
    ...(isBare({ weight, batchNorm }) && { itself: { parameter: weight, unpacked: false } }),
  }
}
