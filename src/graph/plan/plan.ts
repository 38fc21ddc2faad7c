// How a graph will run on a GPU, decided before anything is allocated: kernels in order, and an arena for the activations.

import { UserError } from '../../errors.ts'
import type { Precision } from '../../kernels/layout.ts'
import type { ConvolutionTarget } from '../convolution/policy.ts'
import type { Device, WorkgroupLimits } from '../convolution/target.ts'
import { inputsOf } from '../ir/graph.ts'
import type { Parameter } from '../ir/tensor.ts'
import { mebibytes, tensorBytes } from '../ir/tensor_bytes.ts'
import { type PackedWeights, packedBytes } from '../lower/packed_weights.ts'
import { type Step, stepsAsStored } from '../lower/step.ts'
import { groupBranches, lowerBranches } from '../ops/conv2d_branches.ts'
import { type FusedGraph, lowerOp, type ModelGraph, type OpTable } from '../ops/index.ts'
import { loweringOf } from '../ops/lowering.ts'
import { optimise } from '../passes/index.ts'
import { storeAsFloat16 } from '../passes/store_as_float16.ts'
import type { cutMaps } from './cut_maps.ts'
import { cutWeight } from './cut_weights.ts'
import type { PlanLimits } from './limits.ts'
import { type Placements, placeTensors } from './placements.ts'

export interface Plan extends Placements {
  graph: FusedGraph
  steps: Step[]
  /** Of all the arena's buffers together. */
  arenaBytes: number
  /** Of the buffer that ops take in turn for what lies between their steps; 0 where none needs it. */
  workspaceBytes: number
  /** Weights in the form that the steps read. */
  folded: PackedWeights[]
  /** Parameters that the steps read as they are. */
  parameters: Parameter[]
}

/** The GPU that a plan is for; a `Gpu` is one. */
export interface PlanDevice extends Device {
  limits: PlanLimits & Partial<WorkgroupLimits>
}

export interface PlanTarget extends ConvolutionTarget {
  device: PlanDevice
  /** Of activations and weights as they are stored; default fp32. */
  precision?: Precision
}

/** What a plan is made with: it is loaded before, where few graphs need it. */
interface PlanParts {
  /** The kernels of the ops that the plan may have. */
  ops: Partial<OpTable>
  /** Cuts maps that are larger than the GPU binds at once. Only a graph with such maps needs it. */
  cutMaps?: typeof cutMaps
}

/** How many images can be in one batch whose maps are bound whole, by the graph of one image. At least one. */
export function largestBatch(graph: ModelGraph, target: PlanTarget): number {
  const { ops } = asStored(optimise(graph), target)
  const bytes = ops.flatMap(op => [...inputsOf(op), op.output]).map(tensorBytes)
  return Math.max(1, Math.floor(target.device.limits.maxStorageBufferBindingSize / Math.max(...bytes)))
}

const asStored = (graph: FusedGraph, { precision }: PlanTarget): FusedGraph =>
  precision === 'fp16' ? storeAsFloat16(graph) : graph

/**
 * Chooses the kernels of a graph that passes have been over, and lays out its memory. Throws a UserError where the GPU's limits are too
 * low.
 */
export function planOptimised(optimised: FusedGraph, target: PlanTarget, { ops, cutMaps }: PlanParts): Plan {
  const { limits } = target.device
  const bindable = optimised.ops.flatMap(op => cutWeight(op, limits))
  const stored = asStored({ ...optimised, ops: bindable }, target)
  const graph = cutMaps?.(stored, limits) ?? stored
  const lowering = loweringOf(graph, target)
  const steps = groupBranches(graph.ops, lowering).flatMap(group =>
    'op' in group
      ? lowerOp(group.op, lowering, ops)
      : stepsAsStored(group.branches[0], lowerBranches(group.branches, lowering)),
  )
  return layOutSteps(graph, steps, target)
}

/** The plan of a graph whose kernels were chosen op by op. Throws a UserError where a kernel needs more than the GPU binds. */
export function layOutSteps(graph: FusedGraph, steps: Step[], { device: { limits } }: PlanTarget): Plan {
  checkBindings(steps, limits)
  const placed = placeTensors(graph, steps, {
    alignment: limits.minStorageBufferOffsetAlignment,
    largest: limits.maxBufferSize,
  })
  const operands = steps.flatMap(({ operands }) => Object.values(operands))
  const folded = operands.flatMap(operand => ('folded' in operand ? [operand.folded] : []))
  const parameters = operands.flatMap(operand => ('parameter' in operand ? [operand.parameter] : []))
  const workspaces = operands.map(operand => ('workspaceBytes' in operand ? operand.workspaceBytes : 0))
  return {
    graph,
    steps,
    ...placed,
    arenaBytes: placed.arenaBuffers.reduce((sum, bytes) => sum + bytes, 0),
    workspaceBytes: Math.max(0, ...workspaces),
    folded: [...new Map(folded.map(weights => [weights.key, weights])).values()],
    parameters: [...new Map(parameters.map(parameter => [parameter.name, parameter])).values()],
  }
}

function checkBindings(steps: Step[], { maxStorageBufferBindingSize: most }: PlanLimits): void {
  for (const { op, kernel, operands } of steps)
    for (const [buffer, bytes] of Object.entries({ ...kernel.inputs, ...kernel.outputs })) {
      if (bytes <= most) continue
      const operand = operands[buffer]
      const [name, remedy] =
        'tensor' in operand
          ? [
              operand.tensor.name,
              'smaller images or crops, fewer of them at a time, or a larger output stride',
            ]
          : [`the ${buffer} of ${op.name}`, 'a smaller network, or another GPU']
      throw new UserError(
        `${name} takes ${mebibytes(bytes)}, and this GPU binds ${mebibytes(most)} at once: take ${remedy}`,
      )
    }
}

/** Bytes of the weights on the GPU, in the form that the steps read. */
export const weightBytes = ({ folded }: Plan): number =>
  folded.reduce((sum, each) => sum + packedBytes(each, 'packed') + packedBytes(each, 'packed_bias'), 0)
