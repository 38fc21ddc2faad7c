import type { Kernel } from '../gpu/kernel.ts'

export interface SgdOptions {
  label: string
  /** Floats of a range of parameters that are trained alike. */
  count: number
  /** Of the learning rate, for layers that learn faster or slower than the rest. */
  multiplier: number
  momentum: number
  weightDecay: number
}

/** What a workgroup updates. */
const PARAMETERS = 64 * 16

/**
 * torch.optim.SGD: from `gradients` and `learning_rate`, f32 [1], updates `parameters` and `velocities` in place; all others
 * are f32 [count], the velocities zero before the first step.
 */
export function sgd({ label, count, multiplier, momentum, weightDecay }: SgdOptions): Kernel {
  const bytes = count * 4
  return {
    label,
    shader: 'sgd',
    params: { count, multiplier, momentum, weight_decay: weightDecay },
    inputs: { gradients: bytes, learning_rate: 4 },
    outputs: { parameters: bytes, velocities: bytes },
    workgroups: Math.ceil(count / PARAMETERS),
    traffic: { parameters: 2 * bytes, velocities: 2 * bytes }, // read and written
  }
}
