// How a graph will run on a GPU, decided before anything is allocated: kernels in order, and an arena for the activations.

import { UserError } from '../../errors.ts'
import type { ConvolutionTarget } from '../../kernels/choose_conv2d.ts'
import { activationBytes, type Precision } from '../../kernels/layout.ts'
import { classMapWords } from '../../kernels/upsample_argmax.ts'
import type { Graph, Parameter, Tensor } from '../ir/graph.ts'
import { type FoldedWeights, foldedBytes } from '../lower/folded_weights.ts'
import { lowerAll } from '../lower/lower.ts'
import { statisticsByProducer } from '../lower/statistics_by_producer.ts'
import type { Step } from '../lower/step.ts'
import { allPasses, type Pass } from '../passes/index.ts'
import { storeAsFloat16 } from '../passes/store_as_float16.ts'
import { assignOffsets } from './memory.ts'

/** A tensor's place in the arena, in bytes. */
export interface Placement {
  offset: number
  bytes: number
}

export interface Plan {
  graph: Graph
  steps: Step[]
  placements: Map<Tensor, Placement>
  arenaBytes: number
  /** Of the buffer that ops take in turn for what lies between their steps; 0 where none needs it. */
  workspaceBytes: number
  /** Weights in the form that the steps read. */
  folded: FoldedWeights[]
  /** Parameters that the steps read as they are. */
  parameters: Parameter[]
}

/** The GPU that a plan is for; a `Gpu` is one. */
export interface PlanTarget extends ConvolutionTarget {
  /** Of activations and weights as they are stored; default fp32. */
  precision?: Precision
  /** In bytes. */
  limits: Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment', number>
}

/**
 * Runs the passes over the graph, chooses its kernels and lays out its memory.
 * Throws a UserError where the GPU's limits are too low.
 */
export function createPlan(graph: Graph, target: PlanTarget, passes: readonly Pass[] = allPasses): Plan {
  const optimised = [...passes, ...storagePasses(target)].reduce((edited, pass) => pass(edited), graph)
  const plan = layOutSteps(optimised, lowerAll(optimised.ops, target), target)
  const { maxBufferSize } = target.limits
  if (plan.arenaBytes > maxBufferSize)
    throw new UserError(
      `this network takes ${mebibytes(plan.arenaBytes)} at this size, and this GPU's largest buffer is ${mebibytes(maxBufferSize)}`,
    )
  return plan
}

/** The same of kernels that were chosen for the graph's ops one by one, in an arena of any size. */
export function layOutSteps(graph: Graph, lowered: Step[], target: PlanTarget): Plan {
  const steps = statisticsByProducer(lowered)
  const { placements, arenaBytes } = placeTensors(graph, steps, target)
  const operands = steps.flatMap(({ operands }) => Object.values(operands))
  const folded = operands.flatMap(operand => ('folded' in operand ? [operand.folded] : []))
  const parameters = operands.flatMap(operand => ('parameter' in operand ? [operand.parameter] : []))
  const workspaces = operands.map(operand => ('workspaceBytes' in operand ? operand.workspaceBytes : 0))
  return {
    graph,
    steps,
    placements,
    arenaBytes,
    workspaceBytes: Math.max(0, ...workspaces),
    folded: [...new Map(folded.map(weights => [weights.key, weights])).values()],
    parameters: [...new Map(parameters.map(parameter => [parameter.name, parameter])).values()],
  }
}

/** What the target's precision asks for, after all other passes. */
const storagePasses = ({ precision }: PlanTarget): Pass[] => (precision === 'fp16' ? [storeAsFloat16] : [])

/** Bytes of a tensor on the GPU. */
export function tensorBytes({ dtype, shape }: Tensor): number {
  const [n, h, w] = shape
  if (dtype === 'rgba8') return n * h * w * 4
  if (dtype === 'class8') return n * classMapWords(h, w) * 4
  if (dtype === 'u32') return 4
  return dtype === 'f16' ? activationBytes(shape) / 2 : activationBytes(shape)
}

/** Bytes of the weights on the GPU, in the form that the steps read. */
export const weightBytes = ({ folded }: Plan): number =>
  folded.reduce((sum, each) => sum + foldedBytes(each, 'packed') + foldedBytes(each, 'packed_bias'), 0)

function placeTensors(graph: Graph, steps: Step[], { limits }: PlanTarget) {
  const holders = holdersOf(graph)
  const tensors = lifetimesOf(graph, steps, holders)
  for (const [{ name }, { bytes }] of tensors)
    if (bytes > limits.maxStorageBufferBindingSize)
      throw new UserError(
        `${name} takes ${mebibytes(bytes)}, and this GPU binds ${mebibytes(limits.maxStorageBufferBindingSize)} at once: ` +
          'take smaller images or crops, fewer of them at a time, or a larger output stride',
      )
  const { offsets, bytes } = assignOffsets([...tensors.values()], limits.minStorageBufferOffsetAlignment)
  const placements = new Map<Tensor, Placement>(
    [...tensors].map(([tensor, { bytes }], i) => [tensor, { offset: offsets[i], bytes }]),
  )
  for (const [tensor, holder] of holders) placements.set(tensor, placements.get(holder)!)
  return { placements, arenaBytes: bytes }
}

/** For each tensor that is written in place, the one whose place that was first. */
function holdersOf(graph: Graph): Map<Tensor, Tensor> {
  const holders = new Map<Tensor, Tensor>()
  for (const op of graph.ops) {
    const residual = 'inPlace' in op && op.inPlace ? op.inputs.residual : undefined
    if (residual) holders.set(op.output, holders.get(residual) ?? residual)
  }
  return holders
}

/**
 * From the step that first writes a tensor, or those it holds in turn, to the last that reads it; inputs are there from the start,
 * outputs to the end.
 */
function lifetimesOf(graph: Graph, steps: Step[], holders: ReadonlyMap<Tensor, Tensor>) {
  const lifetimes = new Map<Tensor, { bytes: number; first: number; last: number }>()
  const touch = (held: Tensor, index: number) => {
    const tensor = holders.get(held) ?? held
    const known = lifetimes.get(tensor) ?? { bytes: tensorBytes(tensor), first: index, last: index }
    lifetimes.set(tensor, { ...known, last: Math.max(known.last, index) })
  }
  for (const tensor of graph.inputs) touch(tensor, 0)
  steps.forEach(({ operands }, index) => {
    for (const operand of Object.values(operands)) if ('tensor' in operand) touch(operand.tensor, index)
  })
  for (const tensor of graph.outputs) touch(tensor, steps.length)
  return lifetimes
}

export const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
