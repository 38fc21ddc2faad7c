// The parameters of a network that learn, and their learning rates.

import type { Graph } from '../graph/ir/graph.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { headParameters } from '../model/classifier.ts'
import { type DeepLabConfig, withoutAuxiliaryHead } from '../model/config.ts'
import { fixedWeights, networkParameters } from '../model/initial_weights.ts'
import { backboneParameters } from '../model/parts.ts'
import type { TrainingOptions } from './training_options.ts'

type Rates = Pick<TrainingOptions, 'headLearningRate' | 'backboneLearningRate'>

/**
 * Returns whether a parameter follows its gradient. Running statistics do not: batch norm updates them. Nor do fixed weights, and those
 * of a backbone whose rate is 0.
 */
export function learning(
  config: DeepLabConfig,
  { backboneLearningRate }: Pick<TrainingOptions, 'backboneLearningRate'>,
): (parameter: Parameter) => boolean {
  const fixed = new Set(fixedWeights(config).keys())
  if (backboneLearningRate === 0) for (const { name } of backboneParameters(config)) fixed.add(name)
  return ({ name }) => !/\.running_(mean|var)$/.test(name) && !fixed.has(name)
}

/** The parameters with a velocity in a LearnedState: all that learn, without the auxiliary head's if it is not trained. */
export function learnedParameters(
  config: DeepLabConfig,
  options: Pick<TrainingOptions, 'auxiliaryLoss' | 'backboneLearningRate'>,
): Parameter[] {
  return trainedParameters(config, options).filter(learning(config, options))
}

/** All parameters of the network in training, also those that do not learn. */
export const trainedParameters = (
  config: DeepLabConfig,
  { auxiliaryLoss }: Pick<TrainingOptions, 'auxiliaryLoss'>,
): Parameter[] => networkParameters(auxiliaryLoss > 0 ? config : withoutAuxiliaryHead(config))

/** Returns each parameter's factor on the learning rate, which is 0 for a parameter that does not learn. */
export function learningRates(config: DeepLabConfig, rates: Rates) {
  const { headLearningRate, backboneLearningRate = 1 } = rates
  const learns = learning(config, rates)
  const namesOf = (parameters: Parameter[]) => new Set(parameters.map(({ name }) => name))
  const [head, backbone] = [namesOf(headParameters(config)), namesOf(backboneParameters(config))]
  return (parameter: Parameter): number => {
    if (!learns(parameter)) return 0
    if (head.has(parameter.name)) return headLearningRate
    return backbone.has(parameter.name) ? backboneLearningRate : 1
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
