import type { Graph, Op, Tensor } from '../ir/graph.ts'

/**
 * Every f32 tensor as f16, but for the sums of probabilities over several views: those are added to in memory, and would be rounded
 * each time.
 */
export function storeAsFloat16(graph: Graph): Graph {
  const sums = new Set(
    graph.ops.filter(({ kind }) => kind === 'accumulateProbabilities').map(({ output }) => output),
  )
  const narrow = new Map<Tensor, Tensor>()
  const stored = (tensor: Tensor): Tensor => {
    if (tensor.dtype !== 'f32' || sums.has(tensor)) return tensor
    if (!narrow.has(tensor)) narrow.set(tensor, { ...tensor, dtype: 'f16' })
    return narrow.get(tensor)!
  }
  const storedInputs = ({ inputs }: Op) =>
    Object.fromEntries(Object.entries(inputs).map(([role, tensor]) => [role, tensor && stored(tensor)]))
  return {
    ...graph,
    ops: graph.ops.map(op => ({ ...op, inputs: storedInputs(op), output: stored(op.output) }) as Op),
    inputs: graph.inputs.map(stored),
    outputs: graph.outputs.map(stored),
  }
}
