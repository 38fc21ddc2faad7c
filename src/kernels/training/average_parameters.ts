import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupSize } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

export interface AverageParametersOptions {
  label: string
  /** Number of floats in a range of parameters. */
  count: number
}

/** Parameters of a workgroup. */
const PARAMETERS =
  workgroupSize(shaders.average_parameters) * constantOf(shaders.average_parameters, 'LANE_PARAMETERS')

/**
 * Moves `averages` towards `parameters`, by `share` of the distance. The share is f32 [1], the others are f32 [count]. The averages are
 * the parameters themselves before the first step.
 */
export function averageParameters({ label, count }: AverageParametersOptions): Kernel {
  const bytes = count * 4
  return {
    label,
    shader: shaders.average_parameters,
    params: { count },
    inputs: { parameters: bytes, share: 4 },
    outputs: { averages: bytes },
    workgroups: Math.ceil(count / PARAMETERS),
    traffic: { averages: 2 * bytes }, // read and written
  }
}

/**
 * The kernel's `share` of the step with this number, counted from 1: 1 − min(decay, (1 + step) / (10 + step)). The averages of the first
 * steps forget faster, as in TensorFlow's `tf.train.ExponentialMovingAverage` with `num_updates`.
 */
export const averageShare = (step: number, decay: number): number =>
  1 - Math.min(decay, (1 + step) / (10 + step))
