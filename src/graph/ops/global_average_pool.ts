import { globalAveragePool } from '../../kernels/pooling/global_average_pool.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import type { DifferentiableOp } from './definition.ts'
import { gradientOfInput } from './tape.ts'

export type GlobalAveragePoolOp = OpOf<'globalAveragePool', { input: Tensor }> & {
  /** The pixels of the whole map, if the input is a band of it: the output is the band's share in the mean. */
  mapPixels?: number
}

/** [n, h, w, c] → [n, 1, 1, c], the mean over the map. */
export function globalAveragePoolShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name }: { name: string },
): GlobalAveragePoolOp {
  const [n, , , c] = input.shape
  const output = scope.tensor(name, [n, 1, 1, c])
  return { kind: 'globalAveragePool', name: output.name, inputs: { input }, output }
}

export const globalAveragePoolOp: DifferentiableOp<GlobalAveragePoolOp, GlobalAveragePoolBackwardOp> = {
  lower(op) {
    const { input } = op.inputs
    const kernel = globalAveragePool({ label: op.name, input: input.shape, mapPixels: op.mapPixels })
    return oneStep(op, kernel, { input, output: op.output })
  },
  share({ inputs }) {
    const [, h, w] = inputs.input.shape
    return { mapPixels: h * w }
  },
  gradient(op, gradient, tape) {
    const { input } = op.inputs
    if (!tape.wants(input)) return
    const output = gradientOfInput(input, op)
    const backward = { kind: 'globalAveragePoolBackward', name: output.name, output } as const
    tape.add(input, tape.emit({ ...backward, inputs: { gradient } }))
  },
}

export type GlobalAveragePoolBackwardOp = OpOf<'globalAveragePoolBackward', { gradient: Tensor }>
