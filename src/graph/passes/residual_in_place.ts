import { type Conv2dOp, type Graph, inputsOf, type Op } from '../ir/graph.ts'
import type { ConvolutionBackwardInputOp } from '../ir/training_ops.ts'

/** A convolution that is the last to read its residual writes over it: the widest maps of a residual network exist once, not twice. */
export function residualInPlace(graph: Graph): Graph {
  const last = new Map(graph.ops.flatMap(op => inputsOf(op).map(tensor => [tensor, op] as const)))
  const kept = new Set([...graph.inputs, ...graph.outputs])
  const diesAt = (op: Dense) => {
    const { residual, ...others } = op.inputs
    if (!residual || kept.has(residual) || last.get(residual) !== op) return false
    const isSlice = op.kind === 'conv2d' && op.outputOffset !== undefined
    return !isSlice && !Object.values(others).includes(residual)
  }
  return {
    ...graph,
    ops: graph.ops.map(op => (isDense(op) && diesAt(op) ? { ...op, inPlace: true } : op)),
  }
}

type Dense = Conv2dOp | ConvolutionBackwardInputOp

const isDense = (op: Op): op is Dense =>
  op.kind === 'conv2d' || (op.kind === 'convolutionBackwardInput' && !op.depthwise)
