import type { Gpu } from '../../gpu/gpu.ts'
import type { ConvolutionTarget } from '../convolution/policy.ts'
import type { FusedGraph } from '../ops/index.ts'
import { trainingMode } from './training_mode.ts'
import { type TunedConvolution, tune } from './tune.ts'
import { inferenceMode } from './tuning_mode.ts'

type Options = Omit<Parameters<typeof tune>[2], 'mode'> & Pick<ConvolutionTarget, 'mode'>

/** `tune` for a mode by its name. Inference alone needs less code: a program that only segments imports `tune`. */
export const tuneGraph = (
  gpu: Gpu,
  graph: FusedGraph,
  { mode, ...options }: Options,
): Promise<TunedConvolution[]> =>
  tune(gpu, graph, { ...options, mode: mode === 'training' ? trainingMode : inferenceMode })
