// Which parameters of a network learn, and how fast.

import type { Parameter } from '../graph/ir/tensor.ts'
import { headParameters } from '../model/classifier.ts'
import { type DeepLabConfig, withoutAuxiliaryHead } from '../model/config.ts'
import { networkParameters } from '../model/initial_weights.ts'
import type { TrainingOptions } from './training_options.ts'

/** Whether a parameter follows its gradient; batch norm itself updates its running statistics. */
const learns = ({ name }: Parameter): boolean => !/\.running_(mean|var)$/.test(name)

/** The parameters of which a LearnedState has velocities: those of the heads that are trained, but for running statistics. */
export function learnedParameters(
  config: DeepLabConfig,
  { auxiliaryLoss }: Pick<TrainingOptions, 'auxiliaryLoss'>,
): Parameter[] {
  const trained = auxiliaryLoss > 0 ? config : withoutAuxiliaryHead(config)
  return networkParameters(trained).filter(learns)
}

/** Each parameter's factor on the learning rate, 0 for one that does not learn. */
export function learningRates(
  config: DeepLabConfig,
  { headLearningRate }: Pick<TrainingOptions, 'headLearningRate'>,
) {
  const head = new Set(headParameters(config).map(({ name }) => name))
  return (parameter: Parameter): number => {
    if (!learns(parameter)) return 0
    return head.has(parameter.name) ? headLearningRate : 1
  }
}
