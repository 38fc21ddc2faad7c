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

/** About as many to an invocation: a workgroup costs a CPU adapter more than one parameter to a lane is worth. */
const PARAMETERS = 16

/**
 * torch.optim.SGD: from `gradients` and `learning_rate`, f32 [1], updates `parameters` and `velocities` in place; all others
 * are f32 [count], the velocities zero before the first step.
 */
export function sgd({ label, count, multiplier, momentum, weightDecay }: SgdOptions): Kernel {
  const bytes = count * 4
  const stride = Math.ceil(count / PARAMETERS)
  return {
    label,
    shader: 'sgd',
    params: { count, stride, multiplier, momentum, weight_decay: weightDecay },
    inputs: { gradients: bytes, learning_rate: 4 },
    outputs: { parameters: bytes, velocities: bytes },
    workgroups: Math.ceil(stride / 64),
  }
}
