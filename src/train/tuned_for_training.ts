import type { Tuned } from '../graph/convolution/policy.ts'
import { tunedKeys } from '../graph/tune/tuned_keys.ts'
import { networkInTraining, type TrainedNetwork } from './training_network.ts'
import type { TrainingOptions } from './training_options.ts'

/** The strategies for a step with these options, out of all that were measured. */
export function tunedForTraining(
  network: Omit<TrainedNetwork, 'parameters'>,
  options: TrainingOptions,
  tuned: Tuned,
): Tuned {
  const keys = tunedKeys(networkInTraining(network, options))
  return new Map([...tuned].filter(([key]) => keys.has(key)))
}
