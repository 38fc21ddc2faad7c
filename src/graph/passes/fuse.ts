import {
  type Conv2dOp,
  type DepthwiseConv2dOp,
  type Graph,
  inputsOf,
  type Op,
  type Tensor,
} from '../graph.ts'
import { editOps, usesOf } from './uses.ts'

/** An addition behind a convolution becomes its residual. The later of two convolutions takes it, in the addition's place. */
export function fuseAdd(graph: Graph): Graph {
  const { producer, soleReader } = usesOf(graph)
  const order = new Map(graph.ops.map((op, index) => [op, index]))
  const fused = new Set<Op>()
  const replacement = new Map<Op, Op>()
  for (const op of graph.ops) {
    if (op.kind !== 'add') continue
    const candidates = inputsOf(op)
      .map(producer)
      .filter(isConvolution)
      .filter(made => !made.inputs.residual && made.activation === 'none' && soleReader(made.output) === op)
      .sort((a, b) => order.get(b)! - order.get(a)!)
    const [made] = candidates
    if (!made) continue
    const residual = made.output === op.inputs.a ? op.inputs.b : op.inputs.a
    fused.add(made)
    replacement.set(op, withResidual(made, residual, op))
  }
  return editOps(graph, op => (fused.has(op) ? [] : [replacement.get(op) ?? op]))
}

const isConvolution = (op: Op | undefined): op is Conv2dOp | DepthwiseConv2dOp =>
  op?.kind === 'conv2d' || op?.kind === 'depthwiseConv2d'

function withResidual(made: Conv2dOp | DepthwiseConv2dOp, residual: Tensor, { output }: Op): Op {
  return made.kind === 'conv2d'
    ? { ...made, inputs: { ...made.inputs, residual }, output }
    : { ...made, inputs: { ...made.inputs, residual }, output }
}

/** An activation becomes the last step of the convolution, batch norm or addition that makes its input. */
export function fuseActivation(graph: Graph): Graph {
  const { producer, soleReader } = usesOf(graph)
  const takes = (op: Op | undefined) =>
    op !== undefined && 'activation' in op && op.kind !== 'activation' && op.activation === 'none'
  return editOps(graph, op => {
    if (op.kind === 'activation') {
      const made = producer(op.inputs.input)
      return takes(made) && soleReader(op.inputs.input) === op ? [] : [op]
    }
    const next = soleReader(op.output)
    if (next?.kind !== 'activation' || !takes(op)) return [op]
    return [{ ...op, activation: next.activation, output: next.output } as Op]
  })
}
