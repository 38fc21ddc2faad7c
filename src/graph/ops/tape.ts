// The tape to which an op's gradient rule adds the ops of the backward pass.

import type { AnyOp } from '../ir/graph.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'

/** A tape that takes ops of one type: those that a rule emits. */
export interface TapeOf<Emitted> {
  /** Adds an op to the backward pass; returns its output. */
  emit(op: Emitted): Tensor
  /** Whether a tensor depends on a parameter, so that it needs a gradient. */
  wants(tensor: Tensor): boolean
  /** Adds to the gradient of a tensor. */
  add(tensor: Tensor, gradient: Tensor): void
}

/** Turns the gradient of an op's output into those of its inputs and parameters. */
export type RuleOf<Op, Emitted> = (op: Op, gradient: Tensor, tape: TapeOf<Emitted>) => void

/** The gradient that an op gives one of its inputs. */
export const gradientOfInput = (input: Tensor, by: AnyOp): Tensor => ({
  ...input,
  name: `${input.name}.gradient by ${by.name}`,
})

/** Stands for the gradient of a parameter, which has its place among those of the other parameters and not in the arena. */
export const parameterGradient = ({ name, shape }: Parameter): Tensor => ({
  name: `${name}.gradient`,
  shape: [1, 1, 1, shape.reduce((a, b) => a * b)],
  dtype: 'f32',
})
