// How a graph will run on a GPU, decided before anything is allocated: kernels in order, and an arena for the activations.

import { UserError } from '../../errors.ts'
import { activationBytes, type Precision } from '../../kernels/layout.ts'
import { classMapWords } from '../../kernels/upsample_argmax.ts'
import type { ConvolutionTarget, Device } from '../convolution/target.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { type FoldedWeights, foldedBytes } from '../lower/folded_weights.ts'
import { type Step, stepsAsStored } from '../lower/step.ts'
import { groupBranches, lowerBranches } from '../ops/conv2d_branches.ts'
import { type FusedGraph, lowerOp, type ModelGraph } from '../ops/index.ts'
import { loweringOf } from '../ops/lowering.ts'
import { allPasses, optimise, type Passes } from '../passes/index.ts'
import { storeAsFloat16 } from '../passes/store_as_float16.ts'
import { assignOffsets } from './memory.ts'

/** A tensor's place in the arena, in bytes. */
export interface Placement {
  offset: number
  bytes: number
}

export interface Plan {
  graph: FusedGraph
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
export interface PlanDevice extends Device {
  /** In bytes. */
  limits: Record<'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment', number>
}

export interface PlanTarget extends ConvolutionTarget {
  device: PlanDevice
  /** Of activations and weights as they are stored; default fp32. */
  precision?: Precision
}

/**
 * Runs the passes over a model's graph, chooses its kernels and lays out its memory.
 * Throws a UserError where the GPU's limits are too low.
 */
export const createPlan = (graph: ModelGraph, target: PlanTarget, passes: Passes = allPasses): Plan =>
  planOptimised(optimise(graph, passes), target)

/** The same of a graph that passes have been over. */
export function planOptimised(optimised: FusedGraph, target: PlanTarget): Plan {
  const graph = target.precision === 'fp16' ? storeAsFloat16(optimised) : optimised
  const lowering = loweringOf(graph, target)
  const steps = groupBranches(graph.ops, lowering).flatMap(group =>
    'op' in group
      ? lowerOp(group.op, lowering)
      : stepsAsStored(group.branches[0], lowerBranches(group.branches, lowering)),
  )
  const plan = layOutSteps(graph, steps, target)
  const { maxBufferSize } = target.device.limits
  if (plan.arenaBytes > maxBufferSize)
    throw new UserError(
      `this network takes ${mebibytes(plan.arenaBytes)} at this size, and this GPU's largest buffer is ${mebibytes(maxBufferSize)}`,
    )
  return plan
}

/** The plan of a graph whose kernels were chosen op by op, with an arena of any size. */
export function layOutSteps(graph: FusedGraph, steps: Step[], target: PlanTarget): Plan {
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

function placeTensors(graph: FusedGraph, steps: Step[], { device: { limits } }: PlanTarget) {
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
function holdersOf(graph: FusedGraph): Map<Tensor, Tensor> {
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
function lifetimesOf(graph: FusedGraph, steps: Step[], holders: ReadonlyMap<Tensor, Tensor>) {
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
