// The keys in `Policy.tuned` of a training step. A run that does not tune needs no more of tuning.

import { tunedKey } from '../convolution/choose.ts'
import { inputGradientKey, weightGradientKey } from '../convolution/gradient_keys.ts'
import {
  backwardInputOptions,
  backwardWeightOptions,
  convolutionOf,
  gradientConvolutionOf,
} from '../ops/conv2d.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'

/** Of its convolutions and their gradients. */
export const tunedKeys = ({ ops }: FusedGraph): Set<string> => new Set(ops.flatMap(op => keyOf(op) ?? []))

/** As `familyInTraining` has it. */
function keyOf(op: FusedOp): string | undefined {
  if (op.kind === 'conv2d' && !op.whole) return tunedKey(convolutionOf(op), 'training')
  if (op.kind === 'conv2dBackwardWeight') return weightGradientKey(backwardWeightOptions(op))
  if (op.kind !== 'conv2dBackwardInput') return undefined
  const gradient = gradientConvolutionOf(op)
  return gradient ? tunedKey(gradient, 'training') : inputGradientKey(backwardInputOptions(op))
}
