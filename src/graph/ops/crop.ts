import { UserError } from '../../errors.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import type { DifferentiableRules } from './definition.ts'
import { gradientOfInput } from './tape.ts'

/** A rectangle of a map, of the size of the output. In the backward pass it reaches past the map, and is zero there. */
export type CropOp = OpOf<'crop', { input: Tensor }> & { top: number; left: number }

/** [n, h, w, c] → [n, height, width, c]. `offset` is the first row and the first column. Throws a UserError past the map's end. */
export function cropShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name, offset, height, width }: { name: string; offset: number; height: number; width: number },
): CropOp {
  const [n, h, w, c] = input.shape
  if (offset < 0 || offset + height > h || offset + width > w)
    throw new UserError(`crop: a ${h}×${w} map has no ${height}×${width} pixels from ${offset} on (${name})`)
  const output = scope.tensor(name, [n, height, width, c])
  return { kind: 'crop', name: output.name, inputs: { input }, top: offset, left: offset, output }
}

export const cropRules: DifferentiableRules<CropOp, CropOp> = {
  band(op, rows) {
    const first = op.top + rows.from
    return {
      reads: { input: { from: first, count: rows.count } },
      fields: ({ input }) => ({ top: first - input.from }),
    }
  },
  gradient(op, gradient, tape) {
    const { input } = op.inputs
    if (!tape.wants(input)) return
    const output = gradientOfInput(input, op)
    const backward = { kind: 'crop', name: output.name, top: -op.top, left: -op.left, output } as const
    tape.add(input, tape.emit({ ...backward, inputs: { input: gradient } }))
  },
}
