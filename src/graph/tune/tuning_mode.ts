// The two modes in which tuning runs a graph: in inference, and as a training step.

import type { Gpu } from '../../gpu/gpu.ts'
import type { ConvolutionTarget } from '../convolution/policy.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { OpTable } from '../ops/index.ts'
import { inferenceOps } from '../ops/inference_ops.ts'
import type { WeightSource } from '../runtime/executor.ts'
import { WeightStore } from '../runtime/weight_store.ts'
import { noisyParameters } from './noise.ts'
import { type FamilyOf, familyOfConvolution } from './tunable.ts'

export interface TuningMode {
  mode: ConvolutionTarget['mode']
  /** The ops that its plans have. */
  ops: Partial<OpTable>
  familyOf: FamilyOf
  /** Weights for an op that runs alone. */
  noisyWeights(gpu: Gpu, op: AnyOp): Promise<NoisyWeights>
}

export interface NoisyWeights {
  forPlan(): Promise<{ source: WeightSource; release(): void }>
  /** The gradient of the op's weight, after a run. */
  gradient(): Promise<Float32Array>
  destroy(): void
}

export const inferenceMode: TuningMode = {
  mode: 'inference',
  ops: inferenceOps,
  familyOf: familyOfConvolution,
  noisyWeights: fixedWeights,
}

/** All plans share them. */
async function fixedWeights(gpu: Gpu, op: AnyOp): Promise<NoisyWeights> {
  const source = new WeightStore(gpu, noisyParameters(op))
  return {
    forPlan: async () => ({ source, release: () => {} }),
    gradient: () => Promise.reject(new Error(`${op.name}: there are no gradients outside training`)),
    destroy: () => source.destroy(),
  }
}
