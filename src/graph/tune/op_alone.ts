// Runs one op of a network alone, with noise for its inputs and weights, by any choice of its kernels.

import { UserError } from '../../errors.ts'
import { ShaderError } from '../../gpu/errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { type AnyOp, inputsOf, parametersOf } from '../ir/graph.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'
import { type PlanTarget, planOptimised } from '../plan/plan.ts'
import { Executor, type TensorData, type WeightSource } from '../runtime/executor.ts'
import { ParameterArena } from '../runtime/parameter_arena.ts'
import { TrainingWeights } from '../runtime/training_weights.ts'
import { WeightStore } from '../runtime/weight_store.ts'

/** An op with a choice of its kernels, ready to run. */
export interface Contender {
  /** Runs once. Returns what the op computes: its output, or the gradient of its weight. */
  run(): Promise<Float32Array>
  /** The milliseconds of a run, as `Executor.time` has them. In training, a run also makes the weights ready. */
  time(repetitions: number): Promise<number>
  destroy(): Promise<void>
}

export interface OpAlone {
  /** Undefined if the GPU has no room for a choice, or refuses its shaders. */
  prepare(choice: string): Promise<Contender | undefined>
  destroy(): void
}

/** `convolution` is the key under which tuning keeps the op's choice. */
export async function opAlone(
  gpu: Gpu,
  { op, convolution }: { op: FusedOp; convolution: string },
  mode: PlanTarget['mode'],
): Promise<OpAlone> {
  const inputs = [...new Set(inputsOf(op))]
  // The gradient of a weight is not a tensor in the arena.
  const isWeightGradient = op.kind === 'conv2dBackwardWeight'
  const outputs = isWeightGradient ? [] : [op.output]
  const graph: FusedGraph = { stage: 'fused', ops: [op], inputs, outputs }
  const data: TensorData = Object.fromEntries(inputs.map(({ name, shape }) => [name, noise(shape)]))
  const weights = await (mode === 'training' ? learningWeights : fixedWeights)(gpu, op)
  return {
    async prepare(choice) {
      const policy = { tuned: new Map([[convolution, choice]]) }
      const { source, release } = await weights.forPlan()
      try {
        const plan = planOptimised(graph, { device: gpu, policy, mode })
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

interface NoisyWeights {
  forPlan(): Promise<{ source: WeightSource; release(): void }>
  /** The gradient of the op's weight, after a run. */
  gradient(): Promise<Float32Array>
  destroy(): void
}

/** Weights of inference: all plans share them. */
async function fixedWeights(gpu: Gpu, op: AnyOp): Promise<NoisyWeights> {
  const source = new WeightStore(gpu, noisyParameters(op))
  return {
    forPlan: async () => ({ source, release: () => {} }),
    gradient: () => Promise.reject(new Error(`${op.name}: there are no gradients outside training`)),
    destroy: () => source.destroy(),
  }
}

/** Weights of training: every run packs them, and no run updates them. */
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
    gradient: async () => (await arena.readGradients()).get(op.weight!.name)!,
    destroy: () => arena.destroy(),
  }
}

function noisyParameters(op: AnyOp): Map<string, Float32Array> {
  const variance = op.batchNorm?.variance.name
  return new Map(
    parametersOf(op).map(({ name, shape }) => [
      name,
      name === variance ? noise(shape).fill(1) : noise(shape),
    ]),
  )
}

/** Values from −½ to ½, the same in every call. Zeros would not do: a GPU may be faster with them. */
function noise(shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b))
  for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5
  return values
}
