import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupSize } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

export interface SgdOptions {
  label: string
  /** Number of floats in a range of parameters that are trained alike. */
  count: number
  /** Factor of the learning rate, for layers that learn faster or slower than the others. */
  multiplier: number
  momentum: number
  weightDecay: number
}

/** Parameters of a workgroup. */
const PARAMETERS = workgroupSize(shaders.sgd) * constantOf(shaders.sgd, 'LANE_PARAMETERS')

/**
 * torch.optim.SGD: updates `parameters` and `velocities` in place, from `gradients` and `learning_rate`. The learning
 * rate is f32 [1], the others are f32 [count]. The velocities are zero before the first step.
 */
export function sgd({ label, count, multiplier, momentum, weightDecay }: SgdOptions): Kernel {
  const bytes = count * 4
  return {
    label,
    shader: shaders.sgd,
    params: { count, multiplier, momentum, weight_decay: weightDecay },
    inputs: { gradients: bytes, learning_rate: 4 },
    outputs: { parameters: bytes, velocities: bytes },
    workgroups: Math.ceil(count / PARAMETERS),
    traffic: { parameters: 2 * bytes, velocities: 2 * bytes }, // read and written
  }
}
