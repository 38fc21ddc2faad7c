import { type Graph, inputsOf, type Op, type Tensor } from '../ir/graph.ts'

/** Who makes and who reads each tensor of a graph. */
export interface Uses {
  /** The op that makes a tensor; undefined for the graph's inputs. */
  producer(tensor: Tensor): Op | undefined
  /** The one op that reads a tensor; undefined if there are several, none, or the graph returns it. */
  soleReader(tensor: Tensor): Op | undefined
}

export function usesOf(graph: Graph): Uses {
  const producers = new Map(graph.ops.map(op => [op.output, op]))
  const readers = new Map<Tensor, Op[]>()
  for (const op of graph.ops)
    for (const tensor of inputsOf(op)) readers.set(tensor, [...(readers.get(tensor) ?? []), op])
  return {
    producer: tensor => producers.get(tensor),
    soleReader: tensor => {
      const found = readers.get(tensor) ?? []
      return found.length === 1 && !graph.outputs.includes(tensor) ? found[0] : undefined
    },
  }
}

/** The graph with each op replaced by what `edit` returns for it; a list may be empty or hold several. */
export const editOps = (graph: Graph, edit: (op: Op) => Op[]): Graph => ({
  ...graph,
  ops: graph.ops.flatMap(edit),
})
