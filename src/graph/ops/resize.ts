import { resize, sampledRows } from '../../kernels/resizing/resize.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { type Resampling, resampled, resamplingOptions } from './band.ts'
import type { DifferentiableOp } from './definition.ts'
import { gradientOfInput } from './tape.ts'

export type ResizeOp = OpOf<'resize', { input: Tensor }> & Resampling & { alignCorners: boolean }

/** Size in pixels, and which of PyTorch's two conventions for positions holds. */
export interface ResamplingOptions {
  name: string
  height: number
  width: number
  alignCorners: boolean
}

/** Bilinear: [n, h, w, c] → [n, height, width, c]. */
export function resizeShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  { name, height, width, alignCorners }: ResamplingOptions,
): ResizeOp {
  const [n, , , c] = input.shape
  const output = scope.tensor(name, [n, height, width, c])
  return { kind: 'resize', name: output.name, inputs: { input }, alignCorners, output }
}

export const resizeOp: DifferentiableOp<ResizeOp, ResizeBackwardOp> = {
  lower(op) {
    const { input } = op.inputs
    const { alignCorners } = op
    const kernel = resize({ label: op.name, input: input.shape, alignCorners, ...resamplingOptions(op) })
    return oneStep(op, kernel, { input, output: op.output })
  },
  band(op, rows) {
    const heights = { from: op.inputs.input.shape[1], to: op.output.shape[1] }
    return resampled(op, 'input', { rows, read: sampledRows({ ...op, ...heights }, rows) })
  },
  gradient(op, gradient, tape) {
    const { input } = op.inputs
    if (!tape.wants(input)) return
    const { alignCorners } = op
    const output = gradientOfInput(input, op)
    const backward = { kind: 'resizeBackward', name: output.name, alignCorners, output } as const
    tape.add(input, tape.emit({ ...backward, inputs: { gradient } }))
  },
}

export type ResizeBackwardOp = OpOf<'resizeBackward', { gradient: Tensor }> & { alignCorners: boolean }
