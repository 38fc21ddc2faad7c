import { UserError } from '../../errors.ts'
import { concat } from '../../kernels/elementwise/concat.ts'
import { sliceChannels } from '../../kernels/elementwise/slice_channels.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { pixelwise } from './band.ts'
import type { DifferentiableOp, OpDefinition } from './definition.ts'
import { gradientOfInput } from './tape.ts'

/** Along the channels, in the order of the inputs. */
export type ConcatOp = OpOf<'concat', readonly Tensor[]>
/** A concatenation of which convolutions may write some parts themselves: `offsets` are the first output channels of the others. */
export type FusedConcatOp = ConcatOp & { offsets?: readonly number[] }

/** Throws a UserError where the maps differ in size. */
export function concatShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  inputs: readonly Tensor[],
  { name }: { name: string },
): ConcatOp {
  const [n, h, w] = inputs[0].shape
  for (const { name: input, shape } of inputs)
    if (shape[0] !== n || shape[1] !== h || shape[2] !== w)
      throw new UserError(`concat: ${input} is [${shape}], expected [${n},${h},${w},*] (${name})`)
  const channels = inputs.reduce((sum, { shape }) => sum + shape[3], 0)
  const output = scope.tensor(name, [n, h, w, channels])
  return { kind: 'concat', name: output.name, inputs, output }
}

/** The first output channel of each input. */
export function concatOffsets({ inputs, offsets }: FusedConcatOp): readonly number[] {
  let next = 0
  return (
    offsets ??
    inputs.map(({ shape }) => {
      const offset = next
      next += shape[3]
      return offset
    })
  )
}

const lower: OpDefinition<FusedConcatOp>['lower'] = op => {
  const offsets = concatOffsets(op)
  return op.inputs.flatMap((input, i) => {
    const slice = { offset: offsets[i], channels: op.output.shape[3] }
    const kernel = concat({ label: `${op.name} ← ${input.name}`, input: input.shape, slice })
    return oneStep(op, kernel, { input, output: op.output })
  })
}

export const concatOp: OpDefinition<FusedConcatOp> & DifferentiableOp<ConcatOp, SliceChannelsOp> = {
  lower,
  band: pixelwise,
  gradient(op, gradient, tape) {
    const offsets = concatOffsets(op)
    op.inputs.forEach((input, i) => {
      if (!tape.wants(input)) return
      const output = gradientOfInput(input, op)
      const inputs = { input: gradient }
      const slice = { kind: 'sliceChannels', name: output.name, inputs, offset: offsets[i], output } as const
      tape.add(input, tape.emit(slice))
    })
  },
}

/** Some channels of a map, from `offset` on: those of a concatenation's gradient that belong to one input. */
export type SliceChannelsOp = OpOf<'sliceChannels', { input: Tensor }> & { offset: number }

export const sliceChannelsOp: OpDefinition<SliceChannelsOp> = {
  lower(op) {
    const { input } = op.inputs
    const slice = { offset: op.offset, channels: op.output.shape[3] }
    const kernel = sliceChannels({ label: op.name, input: input.shape, slice })
    return oneStep(op, kernel, { input, output: op.output })
  },
  band: pixelwise,
}
