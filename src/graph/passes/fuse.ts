import {
  type Conv2dOp,
  type DepthwiseConv2dOp,
  type Graph,
  inputsOf,
  type Op,
  type Tensor,
} from '../ir/graph.ts'
import type { ConvolutionBackwardInputOp } from '../ir/training_ops.ts'
import { gradientConvolutionOf } from '../lower/gradient_convolution.ts'
import { editOps, usesOf } from './uses.ts'

type Convolution = Conv2dOp | DepthwiseConv2dOp | ConvolutionBackwardInputOp

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
      .filter(canAdd)
      .filter(made => !made.inputs.residual && soleReader(made.output) === op)
      .sort((a, b) => order.get(b)! - order.get(a)!)
    const [made] = candidates
    if (!made) continue
    const residual = made.output === op.inputs.a ? op.inputs.b : op.inputs.a
    fused.add(made)
    replacement.set(op, withResidual(made, residual, op))
  }
  return editOps(graph, op => (fused.has(op) ? [] : [replacement.get(op) ?? op]))
}

function canAdd(op: Op | undefined): op is Convolution {
  if (op?.kind === 'convolutionBackwardInput') return gradientConvolutionOf(op) !== undefined
  return (op?.kind === 'conv2d' || op?.kind === 'depthwiseConv2d') && op.activation === 'none'
}

const withResidual = (made: Convolution, residual: Tensor, { output }: Op): Op =>
  ({ ...made, inputs: { ...made.inputs, residual }, output }) as Op

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
