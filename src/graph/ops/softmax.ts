import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableRules } from './definition.ts'

/** Over the channels of each pixel. */
export type SoftmaxOp = OpOf<'softmax', { input: Tensor }>

export function softmaxShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name }: { name: string },
): SoftmaxOp {
  const output = scope.tensor(name, input.shape)
  return { kind: 'softmax', name: output.name, inputs: { input }, output }
}

export const softmaxRules: DifferentiableRules<SoftmaxOp> = {
  band: pixelwise,
  gradient: { none: 'the loss takes logits and has the softmax in itself' },
}
