import { withInputs } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { FusedGraph } from '../ops/index.ts'

/**
 * Every f32 tensor as f16, but for the sums of probabilities over several views: those are added to in memory, and would be rounded
 * each time.
 */
export function storeAsFloat16(graph: FusedGraph): FusedGraph {
  const sums = new Set(
    graph.ops.filter(({ kind }) => kind === 'accumulateProbabilities').map(({ output }) => output),
  )
  const narrow = new Map<Tensor, Tensor>()
  const stored = (tensor: Tensor): Tensor => {
    if (tensor.dtype !== 'f32' || sums.has(tensor)) return tensor
    const known = narrow.get(tensor) ?? { ...tensor, dtype: 'f16' as const }
    narrow.set(tensor, known)
    return known
  }
  return {
    ...graph,
    ops: graph.ops.map(op => ({ ...withInputs(op, stored), output: stored(op.output) })),
    inputs: graph.inputs.map(stored),
    outputs: graph.outputs.map(stored),
  }
}
