// The strategies that tuning can choose in the graph of a training step: also those of a convolution's gradients.

import { inputGradientByPhases, phaseKernels } from '../convolution/backward_input.ts'
import { chooseWeightGradient, weightGradientStrategies } from '../convolution/backward_weight.ts'
import { inputGradientKey, weightGradientKey } from '../convolution/gradient_keys.ts'
import { backwardInputOptions, backwardWeightOptions, gradientConvolutionOf } from '../ops/conv2d.ts'
import { type FamilyOf, familyOfConvolution, ofConvolution, shapeOf } from './tunable.ts'

export const familyInTraining: FamilyOf = (op, target) => {
  if (op.kind === 'conv2dBackwardInput') {
    const gradient = gradientConvolutionOf(op)
    if (gradient) return ofConvolution(gradient, target)
    const options = backwardInputOptions(op)
    return {
      convolution: inputGradientKey(options),
      shape: shapeOf(options),
      untuned: () => inputGradientByPhases(options, target).name,
      candidates: () => phaseKernels(options, target.device),
    }
  }
  if (op.kind !== 'conv2dBackwardWeight') return familyOfConvolution(op, target)
  const options = backwardWeightOptions(op)
  return {
    convolution: weightGradientKey(options),
    shape: shapeOf(options),
    untuned: () => chooseWeightGradient(options, target).name,
    candidates: () => weightGradientStrategies(options, target),
  }
}
