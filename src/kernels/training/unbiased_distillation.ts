// What keeps the old classes of a network while it learns new ones, in one kernel with its gradient. It is MiB's loss (Cermelli et al. 2020,
// sections 3.2 and 3.3) with another place for the new classes: theirs come from the background, and ours from any old class.

import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

interface UnbiasedDistillationOptions {
  label: string
  /** Shape of the logits and of the targets, [n, h, w, classes]. */
  input: Shape
  /** The factor of this loss in a sum of losses. Default: 1. */
  lossWeight?: number
}

const LANES = constantOf(shaders.unbiased_distillation, 'LANES')

/**
 * Logits, targets and new_classes [classes] → logits_gradient, of the logits' shape, and partials for `mergedLoss`. new_classes is 0 for an
 * old class, and for a new one how much −log p(any old class) counts, beside 1 for the distillation; of several, the greatest counts.
 */
export function unbiasedDistillation(options: UnbiasedDistillationOptions): Kernel {
  const { label, input, lossWeight = 1 } = options
  const [n, h, w, channels] = input
  const pixels = n * h * w
  const bytes = activationBytes(input)
  const workgroups = Math.ceil(pixels / LANES)
  return {
    label,
    shader: shaders.unbiased_distillation,
    params: {
      pixels,
      channels,
      vectors: vectors(channels),
      loss_weight: lossWeight,
    },
    inputs: { logits: bytes, targets: bytes, new_classes: activationBytes([1, 1, 1, channels]) },
    outputs: { logits_gradient: bytes, partials: workgroups * 8 },
    workgroups,
  }
}
