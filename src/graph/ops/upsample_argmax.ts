import { UserError } from '../../errors.ts'
import { sampledRows } from '../../kernels/resizing/resize.ts'
import { upsampleArgmax } from '../../kernels/resizing/upsample_argmax.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { type Resampling, resampled, resamplingOptions } from './band.ts'
import type { DifferentiableOp } from './definition.ts'
import type { ResamplingOptions } from './resize.ts'

export type UpsampleArgmaxOp = OpOf<'upsampleArgmax', { logits: Tensor }> &
  Resampling & { alignCorners: boolean }

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
  lower(op, { target }) {
    const { logits } = op.inputs
    const { alignCorners } = op
    const size = resamplingOptions(op)
    const onGpu = !target.device.isCpu
    const kernel = upsampleArgmax({ label: op.name, input: logits.shape, alignCorners, onGpu, ...size })
    return oneStep(op, kernel, { logits, classes: op.output })
  },
  band(op, rows) {
    const heights = { from: op.inputs.logits.shape[1], to: op.output.shape[1] }
    return resampled(op, 'logits', { rows, read: sampledRows({ ...op, ...heights }, rows) })
  },
  gradient: { none: 'an argmax is constant almost everywhere' },
}
