import type { Kernel } from '../gpu/kernel.ts'

export interface AccumulateGradientsOptions {
  label: string
  /** Floats of a range of parameters. */
  count: number
  /** Of the micro-batch in the batch. */
  share: number
}

/** Adds `share` times the `gradients` of a micro-batch to `sums`; both are f32 [count], the sums zero before the first. */
export function accumulateGradients({ label, count, share }: AccumulateGradientsOptions): Kernel {
  const bytes = count * 4
  return {
    label,
    shader: 'accumulate_gradients',
    params: { count, share },
    inputs: { gradients: bytes },
    outputs: { sums: bytes },
    workgroups: Math.ceil(count / 64),
    traffic: { sums: 2 * bytes }, // read and written
  }
}
