import { UserError } from '../../errors.ts'
import { type Padding, symmetric, windowedSize } from '../../kernels/geometry.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { paddingFor, rowsUnder } from './band.ts'
import type { DifferentiableRules } from './definition.ts'
import { gradientOfInput } from './tape.ts'

interface PoolWindow {
  /** Height and width. */
  kernel: readonly [number, number]
  stride: number
  padding: Padding
}

export type MaxPoolOp = OpOf<'maxPool', { input: Tensor }> &
  PoolWindow & {
    /** Whether the last window may reach past the padding, as by PyTorch's ceil_mode. `padding` has what it reaches. */
    ceilMode: boolean
  }

/** Throws a UserError where the map is too small for the kernel. */
export function maxPoolShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  options: { name: string; kernel: number; stride: number; padding: number; ceilMode?: boolean },
): MaxPoolOp {
  const { name, stride, ceilMode = false } = options
  const kernel = [options.kernel, options.kernel] as const
  const [n, h, w, c] = input.shape
  const padding = symmetric(options.padding)
  if (ceilMode) {
    padding.bottom += overhang(h, options)
    padding.right += overhang(w, options)
  }
  const size = windowedSize({ h, w }, { kernel, stride, padding, dilation: 1 })
  if (size.h < 1 || size.w < 1)
    throw new UserError(`maxPool: a ${h}×${w} map is too small for this kernel (${name})`)
  const output = scope.tensor(name, [n, size.h, size.w, c])
  return { kind: 'maxPool', name: output.name, inputs: { input }, kernel, stride, padding, ceilMode, output }
}

/** By how much the last window reaches past the padding, if it begins in the map or in the padding before it. */
function overhang(
  size: number,
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number },
) {
  const last = Math.ceil((size + 2 * padding - kernel) / stride) * stride
  return last < size + padding ? Math.max(0, last + kernel - size - 2 * padding) : 0
}

export const maxPoolRules: DifferentiableRules<MaxPoolOp, MaxPoolBackwardOp> = {
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
