// A graph as plain data: ops over tensors. Which ops it may hold depends on its stage: see ops/index.ts.

import type { BatchNorm, OpOf, Parameter, Tensor } from './tensor.ts'

/** An op of any kind, for code that only walks a graph. */
export type AnyOp = OpOf<string, { readonly [role: string]: Tensor | undefined } | readonly Tensor[]> & {
  weight?: Parameter
  bias?: Parameter
  batchNorm?: BatchNorm
}

export interface Graph<Op extends AnyOp = AnyOp> {
  /** In an order in which each op comes after those that make its inputs. */
  ops: Op[]
  inputs: Tensor[]
  outputs: Tensor[]
}

/** The tensors that an op reads, in the order of its roles. */
export const inputsOf = (op: AnyOp): Tensor[] =>
  Object.values(op.inputs).filter(tensor => tensor !== undefined)

/** The same op with other tensors in place of its inputs. */
export function withInputs<Op extends AnyOp>(op: Op, replace: (tensor: Tensor) => Tensor): Op {
  if (Array.isArray(op.inputs)) return { ...op, inputs: op.inputs.map(replace) }
  const roles = Object.entries(op.inputs).map(([role, tensor]) => [role, tensor && replace(tensor)])
  return { ...op, inputs: Object.fromEntries(roles) }
}

/** The parameters that an op reads. */
export function parametersOf({ weight, bias, batchNorm }: AnyOp): Parameter[] {
  const folded = batchNorm ? [batchNorm.gamma, batchNorm.beta, batchNorm.mean, batchNorm.variance] : []
  return [weight, bias, ...folded].filter(parameter => parameter !== undefined)
}

/** Every parameter of a graph once, in the order in which the ops use them. */
export function graphParameters({ ops }: Graph): Parameter[] {
  const byName = new Map<string, Parameter>()
  for (const op of ops) for (const parameter of parametersOf(op)) byName.set(parameter.name, parameter)
  return [...byName.values()]
}

/** Which op makes and which ops read each tensor of a graph. */
interface Uses<Op extends AnyOp> {
  /** The op that makes a tensor; undefined for the graph's inputs. */
  producer(tensor: Tensor): Op | undefined
  /** The one op that reads a tensor; undefined if there are several, none, or the graph returns it. */
  soleReader(tensor: Tensor): Op | undefined
}

export function usesOf<Op extends AnyOp>(graph: Graph<Op>): Uses<Op> {
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
