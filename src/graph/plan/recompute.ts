// Memory for time: what the forward pass made is dropped once the forward pass is done with it, and made again just before
// the backward pass needs it (Chen et al. 2016, "Training deep nets with sublinear memory cost").

import type { TrainingGraph } from '../autodiff/training_graph.ts'
import { inputsOf, usesOf, withInputs } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { FusedOp } from '../ops/index.ts'

/**
 * Makes of a step and the tensors to drop the same step, its backward pass reading copies of these, which the same kernels make again
 * from what is kept: the results are the same to the bit. A dropped tensor that is made of dropped tensors has them made again
 * first. Ops that are alike in two results are the same objects.
 */
export function recomputing(graph: TrainingGraph): (dropped: ReadonlySet<Tensor>) => TrainingGraph {
  const { producer } = usesOf(graph)
  const forward = graph.ops.slice(0, graph.forwardOps)
  const backward = graph.ops.slice(graph.forwardOps)
  const copies = new Map<Tensor, { tensor: Tensor; op: FusedOp }>()
  const copyOf = (tensor: Tensor) => {
    const made = withoutEffects(producer(tensor)!)
    const copy = { ...tensor, name: `${tensor.name} again` }
    return { tensor: copy, op: { ...made, name: copy.name, output: copy } }
  }
  const reading = readers()
  return dropped => {
    const ops = [...forward]
    const made = new Set<Tensor>()
    const available = (tensor: Tensor): Tensor => {
      if (!dropped.has(tensor)) return tensor
      const copy = copies.get(tensor) ?? copyOf(tensor)
      copies.set(tensor, copy)
      if (!made.has(tensor)) {
        made.add(tensor)
        ops.push(reading(copy.op, available))
      }
      return copy.tensor
    }
    for (const op of backward) ops.push(reading(op, available))
    return { ...graph, ops }
  }
}

/** An op with other tensors in place of its inputs: the same object for the same op and inputs. */
function readers(): (op: FusedOp, replace: (tensor: Tensor) => Tensor) => FusedOp {
  const known = new Map<FusedOp, FusedOp[]>()
  return (op, replace) => {
    const inputs = inputsOf(op).map(replace)
    const alike = known.get(op) ?? [op]
    const isAlike = (other: FusedOp) => inputsOf(other).every((tensor, i) => tensor === inputs[i])
    const found = alike.find(isAlike) ?? withInputs(op, replace)
    known.set(op, alike.includes(found) ? alike : [...alike, found])
    return found
  }
}

/** Batch norm has the batch's statistics already, and has mixed them into the running ones: it only normalises. */
function withoutEffects(op: FusedOp): FusedOp {
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
