import { UserError } from '../../errors.ts'
import { upsampleArgmax } from '../../kernels/upsample_argmax.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import type { DifferentiableOp } from './definition.ts'
import type { ResamplingOptions } from './resize.ts'

export type UpsampleArgmaxOp = OpOf<'upsampleArgmax', { logits: Tensor }> & { alignCorners: boolean }

/**
 * Logits [n, h, w, c] → class8 [n, height, width, 1]: bilinear upsampling and argmax in one, lowest id on a tie.
 * Throws a UserError for more than 256 classes.
 */
export function upsampleArgmaxShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  logits: Tensor,
  { name, height, width, alignCorners }: ResamplingOptions,
): UpsampleArgmaxOp {
  if (logits.shape[3] > 256)
    throw new UserError(`upsampleArgmax: at most 256 classes, got ${logits.shape[3]} (${name})`)
  const output = scope.tensor(name, [logits.shape[0], height, width, 1], 'class8')
  return { kind: 'upsampleArgmax', name: output.name, inputs: { logits }, alignCorners, output }
}

export const upsampleArgmaxOp: DifferentiableOp<UpsampleArgmaxOp> = {
  lower(op) {
    const { logits } = op.inputs
    const [, height, width] = op.output.shape
    const { alignCorners } = op
    const kernel = upsampleArgmax({ label: op.name, input: logits.shape, height, width, alignCorners })
    return oneStep(op, kernel, { logits, classes: op.output })
  },
  gradient: { none: 'an argmax is constant almost everywhere' },
}
