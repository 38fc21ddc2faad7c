import { UserError } from '../../errors.ts'
import { type Padding, symmetric, windowedSize } from '../../kernels/geometry.ts'
import { maxPool } from '../../kernels/max_pool.ts'
import { maxPoolBackward, maxPoolWinners } from '../../kernels/max_pool_backward.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep, scratch } from '../lower/step.ts'
import { paddingFor, rowsUnder } from './band.ts'
import type { DifferentiableOp, OpDefinition } from './definition.ts'
import { gradientOfInput } from './tape.ts'

interface PoolWindow {
  /** Height and width. */
  kernel: readonly [number, number]
  stride: number
  padding: Padding
}

export type MaxPoolOp = OpOf<'maxPool', { input: Tensor }> & PoolWindow

/** Throws a UserError where the map is too small for the kernel. */
export function maxPoolShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  options: { name: string; kernel: number; stride: number; padding: number },
): MaxPoolOp {
  const { name, stride } = options
  const kernel = [options.kernel, options.kernel] as const
  const padding = symmetric(options.padding)
  const [n, h, w, c] = input.shape
  const size = windowedSize({ h, w }, { kernel, stride, padding, dilation: 1 })
  if (size.h < 1 || size.w < 1)
    throw new UserError(`maxPool: a ${h}×${w} map is too small for this kernel (${name})`)
  const output = scope.tensor(name, [n, size.h, size.w, c])
  return { kind: 'maxPool', name: output.name, inputs: { input }, kernel, stride, padding, output }
}

export const maxPoolOp: DifferentiableOp<MaxPoolOp> = {
  lower(op) {
    const { input } = op.inputs
    return oneStep(op, maxPool({ ...op, label: op.name, input: input.shape }), { input, output: op.output })
  },
  band(op, rows) {
    const window = { ...op, dilation: 1 }
    return {
      reads: { input: rowsUnder(window, op.inputs.input.shape[1], rows) },
      fields: ({ input }) => ({ padding: paddingFor(window, rows, input) }),
    }
  },
  gradient(op, gradient, tape) {
    const { input } = op.inputs
    if (!tape.wants(input)) return
    const { kernel, stride, padding } = op
    const output = gradientOfInput(input, op)
    const inputs = { input, gradient }
    const window = { kernel, stride, padding }
    tape.add(input, tape.emit({ kind: 'maxPoolBackward', name: output.name, inputs, ...window, output }))
  },
}

export type MaxPoolBackwardOp = OpOf<'maxPoolBackward', { input: Tensor; gradient: Tensor }> & PoolWindow

export const maxPoolBackwardOp: OpDefinition<MaxPoolBackwardOp> = {
  lower(op) {
    const { input, gradient } = op.inputs
    const options = { ...op, label: op.name, input: input.shape }
    const winning = maxPoolWinners(options)
    const winners = scratch(op, winning.outputs.winners)
    return [
      ...oneStep(op, winning, { input, winners }),
      ...oneStep(op, maxPoolBackward(options), {
        winners,
        output_gradient: gradient,
        input_gradient: op.output,
      }),
    ]
  },
}
