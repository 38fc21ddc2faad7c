// The parameters of a network that learn, and their learning rates.

import type { Graph } from '../graph/ir/graph.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { headParameters } from '../model/classifier.ts'
import { type DeepLabConfig, withoutAuxiliaryHead } from '../model/config.ts'
import { fixedWeights, networkParameters } from '../model/initial_weights.ts'
import type { TrainingOptions } from './training_options.ts'

/** Returns whether a parameter follows its gradient. Running statistics do not: batch norm updates them. Nor do fixed weights. */
function learning(config: DeepLabConfig): (parameter: Parameter) => boolean {
  const fixed = fixedWeights(config)
  return ({ name }) => !/\.running_(mean|var)$/.test(name) && !fixed.has(name)
}

/** The parameters with a velocity in a LearnedState: all that learn, without the auxiliary head's if it is not trained. */
export function learnedParameters(
  config: DeepLabConfig,
  { auxiliaryLoss }: Pick<TrainingOptions, 'auxiliaryLoss'>,
): Parameter[] {
  const trained = auxiliaryLoss > 0 ? config : withoutAuxiliaryHead(config)
  return networkParameters(trained).filter(learning(config))
}

/** Returns each parameter's factor on the learning rate, which is 0 for a parameter that does not learn. */
export function learningRates(
  config: DeepLabConfig,
  { headLearningRate }: Pick<TrainingOptions, 'headLearningRate'>,
) {
  const learns = learning(config)
  const head = new Set(headParameters(config).map(({ name }) => name))
  return (parameter: Parameter): number => {
    if (!learns(parameter)) return 0
    return head.has(parameter.name) ? headLearningRate : 1
  }
}

/** Returns each parameter's factor on the weight decay: 0 for the scale and the shift of batch norms where these are left out. */
export function weightDecays(
  { ops }: Graph,
  { decayBatchNorm }: Pick<TrainingOptions, 'decayBatchNorm'>,
): (parameter: Parameter) => number {
  const batchNorms = ops.flatMap(({ batchNorm }) => (batchNorm ? [batchNorm.gamma, batchNorm.beta] : []))
  const undecayed = new Set(decayBatchNorm ? [] : batchNorms.map(({ name }) => name))
  return ({ name }) => (undecayed.has(name) ? 0 : 1)
}
