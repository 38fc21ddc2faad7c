// Runs one op of a network alone, with noise for its inputs and weights, by any candidate.

import { UserError } from '../../errors.ts'
import { ShaderError } from '../../gpu/errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { inputsOf } from '../ir/graph.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'
import { cutMaps } from '../plan/cut_maps.ts'
import { planOptimised } from '../plan/plan.ts'
import { Executor, type TensorData } from '../runtime/executor.ts'
import { noiseOf } from './noise.ts'
import type { TuningMode } from './tuning_mode.ts'

/** An op by one of its candidates, ready to run. */
export interface PreparedCandidate {
  /** Runs once. Returns what the op computes: its output, or the gradient of its weight. */
  run(): Promise<Float32Array>
  /** The milliseconds of a run, as `Executor.time` has them. In training, a run also makes the weights ready. */
  time(repetitions: number): Promise<number>
  destroy(): Promise<void>
}

export interface OpAlone {
  /** Undefined if the GPU has no room for the candidate, or refuses its shaders. */
  prepare(candidate: string): Promise<PreparedCandidate | undefined>
  destroy(): void
}

/** `convolution` is the key under which tuning keeps what is fastest. */
export async function opAlone(
  gpu: Gpu,
  { op, convolution }: { op: FusedOp; convolution: string },
  { mode, ops, noisyWeights }: TuningMode,
): Promise<OpAlone> {
  const inputs = [...new Set(inputsOf(op))]
  // The gradient of a weight is not a tensor in the arena.
  const isWeightGradient = op.kind === 'conv2dBackwardWeight'
  const outputs = isWeightGradient ? [] : [op.output]
  const graph: FusedGraph = { stage: 'fused', ops: [op], inputs, outputs }
  const data: TensorData = Object.fromEntries(inputs.map(({ name, shape }) => [name, noiseOf(shape)]))
  const weights = await noisyWeights(gpu, op)
  return {
    async prepare(candidate) {
      const policy = { tuned: new Map([[convolution, candidate]]) }
      const { source, release } = await weights.forPlan()
      try {
        const plan = planOptimised(graph, { device: gpu, policy, mode }, { ops, cutMaps })
        const executor = await Executor.create(gpu, plan, source)
        return {
          async run() {
            const [output] = Object.values(await executor.run(data))
            return isWeightGradient ? weights.gradient() : (output as Float32Array)
          },
          time: repetitions => executor.time(repetitions),
          async destroy() {
            await executor.destroy()
            release()
          },
        }
      } catch (error) {
        release()
        if (error instanceof UserError || error instanceof ShaderError) return undefined
        throw error
      }
    },
    destroy: weights.destroy,
  }
}
