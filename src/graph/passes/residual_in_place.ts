import { type Conv2dOp, type Graph, inputsOf } from '../graph.ts'

/** A convolution that is the last to read its residual writes over it: the widest maps of a residual network exist once, not twice. */
export function residualInPlace(graph: Graph): Graph {
  const last = new Map(graph.ops.flatMap(op => inputsOf(op).map(tensor => [tensor, op] as const)))
  const kept = new Set([...graph.inputs, ...graph.outputs])
  const diesAt = (op: Conv2dOp) => {
    const { residual, ...others } = op.inputs
    if (!residual || kept.has(residual) || last.get(residual) !== op) return false
    return op.outputOffset === undefined && !Object.values(others).includes(residual)
  }
  return {
    ...graph,
    ops: graph.ops.map(op => (op.kind === 'conv2d' && diesAt(op) ? { ...op, inPlace: true } : op)),
  }
}
