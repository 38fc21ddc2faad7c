import { UserError } from '../../errors.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { elementwise } from './elementwise.ts'

export interface DropoutOptions {
  label: string
  /** [n, h, w, c] */
  shape: Shape
  /** The share of values that become zero, at least 0 and less than 1. */
  p: number
  /** A u32. Each layer of a network needs its own. */
  seed: number
}

/**
 * Sets values to zero, chosen by (seed, step, place), and divides the others by 1 − p. `step` is u32 [1], and the
 * output has the input's shape. The backward is the same kernel, applied to the gradient. Throws UserError for a `p`
 * out of range.
 */
export function dropout({ label, shape, p, seed }: DropoutOptions): Kernel {
  if (!(p >= 0 && p < 1)) throw new UserError(`${label}: dropout takes a share from 0 to below 1, got ${p}`)
  const { bytes, params, workgroups } = elementwise(shaders.dropout, shape)
  return {
    label,
    shader: shaders.dropout,
    params: { ...params, seed, dropped: Math.floor(p * 2 ** 32), scale: 1 / (1 - p) },
    inputs: { input: bytes, step: 4 },
    outputs: { output: bytes },
    workgroups,
  }
}
