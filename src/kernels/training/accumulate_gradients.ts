import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

export interface AccumulateGradientsOptions {
  label: string
  /** Number of floats in a range of parameters. */
  count: number
  /** The micro-batch's part of the batch, from 0 to 1. */
  share: number
  /** Whether there is a `weight`, f32 [1], by which the share is multiplied. Default: false. */
  weighted?: boolean
}

/**
 * Adds `share` times the `gradients` of a micro-batch to `sums`, or `share` times `weight` times as much. Both are f32 [count]; the sums are zero before the
 * first micro-batch.
 */
export function accumulateGradients(options: AccumulateGradientsOptions): Kernel {
  const { label, count, share, weighted = false } = options
  const bytes = count * 4
  return {
    label,
    shader: shaders.accumulate_gradients,
    params: { count, share, has_weight: Number(weighted) },
    inputs: { gradients: bytes, weight: weighted ? 4 : 0 },
    outputs: { sums: bytes },
    workgroups: workgroupsFor(shaders.accumulate_gradients, count),
    traffic: { sums: 2 * bytes }, // read and written
  }
}
