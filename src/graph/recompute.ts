// Memory for time: what the forward pass made is dropped once the forward pass is done with it, and made again just before
// the backward pass needs it (Chen et al. 2016, "Training deep nets with sublinear memory cost").

import type { TrainingGraph } from './autodiff.ts'
import { inputsOf, type Op, type Tensor } from './graph.ts'
import { usesOf } from './passes/uses.ts'

/**
 * The same step, its backward pass reading copies of the `dropped` tensors, which the same kernels make again from what is
 * kept: the results are the same to the bit. A dropped tensor that is made of dropped tensors has them made again first.
 */
export function recompute(graph: TrainingGraph, dropped: ReadonlySet<Tensor>): TrainingGraph {
  const { producer } = usesOf(graph)
  const copies = new Map<Tensor, Tensor>()
  const ops = graph.ops.slice(0, graph.forwardOps)
  const available = (tensor: Tensor): Tensor => {
    if (!dropped.has(tensor)) return tensor
    const known = copies.get(tensor)
    if (known) return known
    const copy = { ...tensor, name: `${tensor.name} again` }
    copies.set(tensor, copy)
    const again = withInputs(withoutEffects(producer(tensor)!), available)
    ops.push({ ...again, name: copy.name, output: copy } as Op)
    return copy
  }
  for (const op of graph.ops.slice(graph.forwardOps)) ops.push(withInputs(op, available))
  return { ...graph, ops }
}

const withInputs = (op: Op, replace: (tensor: Tensor) => Tensor): Op => {
  const inputs = Object.entries(op.inputs).map(([role, tensor]) => [role, tensor && replace(tensor)])
  return { ...op, inputs: Object.fromEntries(inputs) } as Op
}

/** Batch norm has the batch's statistics already, and has mixed them into the running ones: it only normalises. */
function withoutEffects(op: Op): Op {
  if (op.kind !== 'batchNormTraining') return op
  const { momentum: _, ...rest } = op
  return { ...rest, kind: 'batchNorm' }
}

/** The tensors of each unit that nothing outside it reads but the backward pass. */
export function unitInteriors(graph: TrainingGraph): Map<string, Tensor[]> {
  const forward = graph.ops.slice(0, graph.forwardOps)
  const unitOf = new Map(forward.map(op => [op.output, op.unit]))
  const leaving = new Set(graph.outputs)
  for (const op of forward)
    for (const input of inputsOf(op)) if (unitOf.get(input) !== op.unit) leaving.add(input)
  const interiors = new Map<string, Tensor[]>()
  for (const { unit, output } of forward)
    if (unit !== undefined && !leaving.has(output))
      interiors.set(unit, [...(interiors.get(unit) ?? []), output])
  return interiors
}
