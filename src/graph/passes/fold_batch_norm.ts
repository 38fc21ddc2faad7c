import type { Conv2dOp, DepthwiseConv2dOp, Graph, Op } from '../ir/graph.ts'
import { editOps, usesOf } from './uses.ts'

/** Batch norm behind a convolution becomes part of its weights: γ/√(σ² + ε) scales the filters, the rest is a bias. */
export function foldBatchNorm(graph: Graph): Graph {
  const { producer, soleReader } = usesOf(graph)
  const foldsInto = (op: Op): Conv2dOp | DepthwiseConv2dOp | undefined => {
    const made = op.kind === 'batchNorm' ? producer(op.inputs.input) : undefined
    if (made?.kind !== 'conv2d' && made?.kind !== 'depthwiseConv2d') return undefined
    const free = !made.batchNorm && !made.inputs.residual && made.activation === 'none'
    return free && soleReader(made.output) ? made : undefined
  }
  return editOps(graph, op => {
    if (foldsInto(op)) return []
    const next = soleReader(op.output)
    if (next?.kind !== 'batchNorm' || foldsInto(next) !== op) return [op]
    const { batchNorm, activation, output } = next
    return [{ ...foldsInto(next)!, batchNorm, activation, output }]
  })
}
