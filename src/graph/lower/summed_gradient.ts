// Gradients of weights and biases: a kernel that makes partial sums of them, and one that adds these up.

import type { Kernel } from '../../gpu/kernel.ts'
import { conv2dReduceWeight, isReduced } from '../../kernels/convolution/conv2d_reduce_weight.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { oneStep, type Step, scratch, tensors } from './step.ts'

/** The steps that leave the gradient of the parameter `sum`. Of a kernel that makes it whole there is one step. */
export function summedGradient(
  kernel: Kernel,
  named: { op: AnyOp; inputs: Record<string, Tensor>; depthwise: boolean; sum: Parameter },
): Step[] {
  const { op, inputs, depthwise, sum } = named
  const options = { label: op.name, weight: sum.shape, depthwise, splits: kernel.params.splits }
  if (isReduced(options))
    return [{ op, kernel, operands: { ...tensors(inputs), partials: { gradientOf: sum } } }]
  const partials = scratch(op, kernel.outputs.partials)
  return [
    ...oneStep(op, kernel, { ...inputs, partials }),
    {
      op,
      kernel: conv2dReduceWeight(options),
      operands: { ...tensors({ partials }), weight_gradient: { gradientOf: sum } },
    },
  ]
}
