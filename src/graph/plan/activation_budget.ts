// Which activations of a training step to keep, and which to compute twice, where not all of them have room.

import { UserError } from '../../errors.ts'
import type { TrainingGraph } from '../autodiff/training_graph.ts'
import { inputsOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { mebibytes, tensorBytes } from '../ir/tensor_bytes.ts'
import type { Step } from '../lower/step.ts'
import { type FusedOp, lowerOp, type OpTable } from '../ops/index.ts'
import { loweringOf } from '../ops/lowering.ts'
import { cutWeight } from './cut_weights.ts'
import { layOutSteps, type Plan, type PlanTarget } from './plan.ts'
import { recomputing, unitInteriors } from './recompute.ts'

/** Tensors that are dropped together or not at all. */
interface Candidate {
  tensors: Tensor[]
  /** Multiply-adds to make them again, for each byte that is free meanwhile. */
  macsPerByte: number
}

/** As `planWithin`, by the kernels of these ops. */
export function planWithinBudget(
  graph: TrainingGraph,
  { device, policy }: Pick<PlanTarget, 'device' | 'policy'>,
  { ops, budget }: { ops: Partial<OpTable>; budget?: number },
): Plan {
  const target: PlanTarget = { device, policy, mode: 'training' }
  const limit = budget ?? device.limits.maxBufferSize
  const stepsOf = memoisedLowering(graph, target, ops)
  const without = recomputing(graph)
  const plan = (dropped: Candidate[]) => {
    const again = without(new Set(dropped.flatMap(({ tensors }) => tensors)))
    return layOutSteps(again, again.ops.flatMap(stepsOf), target)
  }
  const whole = plan([])
  if (whole.arenaBytes <= limit) return whole

  const candidates = candidatesOf(graph, stepsOf)
  let best = plan(candidates)
  if (best.arenaBytes > limit) {
    if (budget === undefined) return best
    throw new UserError(
      `a training step takes ${mebibytes(best.arenaBytes)} at least, with all that can be computed twice, and the activation ` +
        `budget is ${mebibytes(budget)}: take smaller crops or micro-batches`,
    )
  }
  let [tooFew, enough] = [0, candidates.length]
  while (enough - tooFew > 1) {
    const some = Math.floor((tooFew + enough) / 2)
    const found = plan(candidates.slice(0, some))
    if (found.arenaBytes <= limit) [enough, best] = [some, found]
    else tooFew = some
  }
  // Tensors that came early may have freed little, or at no time that matters.
  let dropped = candidates.slice(0, enough)
  for (const candidate of dropped.toReversed()) {
    const fewer = dropped.filter(other => other !== candidate)
    const smaller = plan(fewer)
    if (smaller.arenaBytes > limit) continue
    best = smaller
    dropped = fewer
  }
  return best
}

/** The kernels of an op, chosen once: plans differ in few ops, and choosing kernels is what takes long. */
function memoisedLowering(
  graph: TrainingGraph,
  target: PlanTarget,
  ops: Partial<OpTable>,
): (op: FusedOp) => Step[] {
  const lowering = loweringOf(graph, target)
  const lowered = new Map<FusedOp, Step[]>()
  return op => {
    const steps =
      lowered.get(op) ?? cutWeight(op, target.device.limits).flatMap(part => lowerOp(part, lowering, ops))
    lowered.set(op, steps)
    return steps
  }
}

/** Of each unit what costs no multiply-adds, and what does; the cheapest first, and of those the largest. */
function candidatesOf(graph: TrainingGraph, stepsOf: (op: FusedOp) => Step[]): Candidate[] {
  const macs = new Map<Tensor, number>()
  for (const op of graph.ops.slice(0, graph.forwardOps))
    macs.set(op.output, sum(stepsOf(op).map(({ kernel }) => kernel.macs ?? 0)))
  const kept = new Set(graph.ops.slice(graph.forwardOps).flatMap(inputsOf))
  const candidates = [...unitInteriors(graph).values()].flatMap(interior =>
    [true, false].map(free => {
      const tensors = interior.filter(tensor => (macs.get(tensor) === 0) === free)
      const bytes = sum(tensors.filter(tensor => kept.has(tensor)).map(tensorBytes))
      return { tensors, bytes, macsPerByte: sum(tensors.map(tensor => macs.get(tensor)!)) / bytes }
    }),
  )
  return candidates
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => a.macsPerByte - b.macsPerByte || b.bytes - a.bytes)
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
