import type { Kernel } from '../../gpu/kernel.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { type Operand, type Step, tensors } from '../lower/step.ts'
import { transposedWeights } from '../lower/transposed_weights.ts'
import type { ConvolutionWindow } from './convolution.ts'

/** A kernel that computes the input of a convolution from its output, with its operands. */
export function transposedStep(op: AnyOp & ConvolutionWindow, input: Tensor, kernel: Kernel): Step {
  const weights = transposedWeights(op.weight, op.batchNorm)
  const { itself } = weights
  const weight: Operand = itself
    ? { parameter: itself.parameter }
    : { folded: weights.direct(), part: 'packed' }
  return { op, kernel, operands: { ...tensors({ input, output: op.output }), weight } }
}
