import { inputsOf } from '../ir/graph.ts'
import type { FusedGraph, FusedOps } from '../ops/index.ts'

/** A convolution that is the last to read its residual writes over it: the widest maps of a residual network exist once, not twice. */
export function residualInPlace(graph: FusedGraph): FusedGraph {
  const last = new Map(graph.ops.flatMap(op => inputsOf(op).map(tensor => [tensor, op] as const)))
  const kept = new Set([...graph.inputs, ...graph.outputs])
  const diesAt = (op: FusedOps['conv2d' | 'conv2dBackwardInput']) => {
    const { residual, ...others } = op.inputs
    if (!residual || kept.has(residual) || last.get(residual) !== op) return false
    const isSlice = op.kind === 'conv2d' && op.outputOffset !== undefined
    return !isSlice && !Object.values(others).includes(residual)
  }
  const ops = graph.ops.map(op => {
    const isDense = op.kind === 'conv2d' || op.kind === 'conv2dBackwardInput'
    return isDense && diesAt(op) ? { ...op, inPlace: true } : op
  })
  return { ...graph, ops }
}
