// The limits of a GPU.

import { type AnyOp, inputsOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { tensorBytes } from '../ir/tensor_bytes.ts'

/** In bytes. */
export type PlanLimits = Record<
  'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment',
  number
>

/** Whether an op reads or makes a map that is larger than the GPU binds at once. */
export const hasTooLargeMap = (op: AnyOp, limits: PlanLimits): boolean =>
  [...inputsOf(op), op.output].some(tensor => isTooLarge(tensor, limits))

export const isTooLarge = (tensor: Tensor, { maxStorageBufferBindingSize }: PlanLimits): boolean =>
  tensorBytes(tensor) > maxStorageBufferBindingSize
