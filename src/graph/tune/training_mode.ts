import type { Gpu } from '../../gpu/gpu.ts'
import { type AnyOp, parametersOf } from '../ir/graph.ts'
import { wholeParameter } from '../ir/parameter_rows.ts'
import { trainingOps } from '../ops/training_ops.ts'
import type { WeightSource } from '../runtime/executor.ts'
import { ParameterArena } from '../runtime/parameter_arena.ts'
import { TrainingWeights } from '../runtime/training_weights.ts'
import { familyInTraining } from './gradients.ts'
import { noisyParameters } from './noise.ts'
import type { NoisyWeights, TuningMode } from './tuning_mode.ts'

export const trainingMode: TuningMode = {
  mode: 'training',
  ops: trainingOps,
  familyOf: familyInTraining,
  noisyWeights: learningWeights,
}

/** Every run packs them, and no run updates them. */
async function learningWeights(gpu: Gpu, op: AnyOp): Promise<NoisyWeights> {
  const host = noisyParameters(op)
  const arena = await ParameterArena.create(gpu, parametersOf(op), { rateOf: () => 1, host })
  return {
    async forPlan() {
      const weights = await TrainingWeights.create(gpu, arena, { momentum: 0, weightDecay: 0 })
      const source: WeightSource = {
        upload: plan => weights.upload(plan),
        folded: (folded, part) => weights.folded(folded, part),
        parameter: parameter => weights.parameter(parameter),
        gradient: parameter => weights.gradient(parameter),
        before: () => weights.before(),
        each: () => [],
        after: () => [],
      }
      return { source, release: () => weights.destroy() }
    },
    gradient: async () => (await arena.readGradients()).get(wholeParameter(op.weight!).name)!,
    destroy: () => arena.destroy(),
  }
}
