// Tuning for training: the kernels of a step's convolutions and of their gradients.

import type { Gpu } from '../gpu/gpu.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import { trainingMode } from '../graph/tune/training_mode.ts'
import { type TunedConvolution, type TuneOptions, tune } from '../graph/tune/tune.ts'
import { networkInTraining, type TrainedNetwork } from './training_network.ts'
import type { TrainingOptions } from './training_options.ts'

type Network = Omit<TrainedNetwork, 'parameters'>

/** Measures the convolutions of a step with these options, as `tune` does. Their results are valid for these options alone. */
export const tuneTraining = (
  gpu: Gpu,
  network: Network,
  { tuned, ...options }: TrainingOptions & TuneOptions & { tuned?: Tuned },
): Promise<TunedConvolution[]> =>
  tune(gpu, networkInTraining(network, options), {
    ...options,
    tuned,
    mode: trainingMode,
    turn: work => work(),
  })
