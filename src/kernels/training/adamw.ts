import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupSize } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

export interface AdamwOptions {
  label: string
  /** Number of floats in a range of parameters that are trained alike. */
  count: number
  /** Factor of the learning rate, for layers that learn faster or slower than the others. */
  multiplier: number
  /** The decay of the mean of gradients: PyTorch's first beta. */
  momentum: number
  /** The decay of the mean of squared gradients: PyTorch's second beta. Default: 0.999. */
  squareDecay?: number
  /** Added to the root of the mean square. Default: 1e-8. */
  epsilon?: number
  weightDecay: number
}

/** PyTorch's defaults. */
const SQUARE_DECAY = 0.999
const EPSILON = 1e-8

/** Parameters of a workgroup. */
const PARAMETERS = workgroupSize(shaders.adamw) * constantOf(shaders.adamw, 'LANE_PARAMETERS')

/**
 * torch.optim.AdamW: updates `parameters`, `velocities` and `squares` in place, from `gradients` and `step`, which `adamwStep`
 * makes. All but `step` are f32 [count]. The velocities and the squares are zero before the first step.
 */
export function adamw({ label, count, multiplier, ...options }: AdamwOptions): Kernel {
  const { momentum, squareDecay = SQUARE_DECAY, epsilon = EPSILON, weightDecay } = options
  const bytes = count * 4
  const both = 2 * bytes // read and written
  return {
    label,
    shader: shaders.adamw,
    params: {
      count,
      multiplier,
      velocity_share: 1 - momentum,
      square_share: 1 - squareDecay,
      epsilon,
      weight_decay: weightDecay,
    },
    inputs: { gradients: bytes, step: 12 },
    outputs: { parameters: bytes, velocities: bytes, squares: bytes },
    workgroups: Math.ceil(count / PARAMETERS),
    traffic: { parameters: both, velocities: both, squares: both },
  }
}

/** The kernel's `step`, f32 [3], of the step with this number, counted from 1. */
export function adamwStep(
  step: number,
  {
    learningRate,
    momentum,
    squareDecay = SQUARE_DECAY,
  }: Pick<AdamwOptions, 'momentum' | 'squareDecay'> & { learningRate: number },
): Float32Array<ArrayBuffer> {
  return Float32Array.of(learningRate, 1 / (1 - momentum ** step), 1 / Math.sqrt(1 - squareDecay ** step))
}
