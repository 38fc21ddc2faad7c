// An op of the caller's own: one kernel, and a gradient where it is to be trained through.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Shape } from '../../kernels/layout.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import type { DifferentiableOp } from './definition.ts'
import type { TapeOf } from './tape.ts'

/** A tape that takes every op of the backward pass. */
interface OpenTape extends TapeOf<AnyOp> {
  emit<Op extends AnyOp>(op: Op): Tensor
}

/** Turns the gradient of the op's output into those of its inputs. */
type CustomRule = (op: CustomOp, gradient: Tensor, tape: OpenTape) => void

export type CustomOp = OpOf<'custom', { readonly [buffer: string]: Tensor }> & {
  kernel: Kernel
  backward?: CustomRule
}

export interface CustomOptions {
  name: string
  /** The tensors that the kernel reads, by the names of its buffers. */
  inputs: { readonly [buffer: string]: Tensor }
  /** Of the output, [n, h, w, c]: f32, the channels padded to whole vectors of four. The kernel's buffer for it is named `output`. */
  shape: Shape
  /** Made for f32. A plan in fp16 stores the buffers of type `Stored` as f16. */
  kernel: Kernel
  /** Adds the gradients of the inputs to the tape, most likely by custom ops of their own. Default: training throws. */
  backward?: CustomRule
}

export function customShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  { name, inputs, shape, kernel, backward }: CustomOptions,
): CustomOp {
  const output = scope.tensor(name, shape)
  return { kind: 'custom', name: output.name, inputs, kernel, backward, output }
}

export const customOp: DifferentiableOp<CustomOp, AnyOp> = {
  lower: op => oneStep(op, op.kernel, { ...op.inputs, output: op.output }),
  gradient(op, gradient, tape) {
    if (!op.backward) throw new Error(`${op.name}: this custom op has no backward rule`)
    op.backward(op, gradient, tape)
  },
}
