import { inputsOf, usesOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { gradientConvolutionOf } from '../ops/conv2d.ts'
import type { FusedGraph, FusedOp, FusedOps } from '../ops/index.ts'

type Adding = FusedOps['conv2d' | 'depthwiseConv2d' | 'conv2dBackwardInput']
type Addition = FusedOps['add']

/** An addition behind a convolution becomes its residual. The later of two convolutions takes it, in the addition's place. */
export function fuseAdd(graph: FusedGraph): FusedGraph {
  const { producer, soleReader } = usesOf(graph)
  const order = new Map(graph.ops.map((op, index) => [op, index]))
  const fused = new Set<FusedOp>()
  const replacement = new Map<FusedOp, FusedOp>()
  for (const op of graph.ops) {
    if (op.kind !== 'add') continue
    const [made] = inputsOf(op)
      .map(producer)
      .filter(canAdd)
      .filter(made => !made.inputs.residual && soleReader(made.output) === op)
      .sort((a, b) => order.get(b)! - order.get(a)!)
    if (!made) continue
    const residual = made.output === op.inputs.a ? op.inputs.b : op.inputs.a
    const sum = withResidual(made, residual, op)
    if (!sum) continue
    fused.add(made)
    replacement.set(op, sum)
  }
  return { ...graph, ops: graph.ops.flatMap(op => (fused.has(op) ? [] : [replacement.get(op) ?? op])) }
}

function canAdd(op: FusedOp | undefined): op is Adding {
  if (op?.kind === 'conv2dBackwardInput') return gradientConvolutionOf(op) !== undefined
  return (op?.kind === 'conv2d' || op?.kind === 'depthwiseConv2d') && op.activation === 'none'
}

/** Undefined where the addition is activated, which the gradient of a convolution is not. */
function withResidual(made: Adding, residual: Tensor, { activation, output }: Addition): Adding | undefined {
  switch (made.kind) {
    case 'conv2d':
      return { ...made, inputs: { ...made.inputs, residual }, activation, output }
    case 'depthwiseConv2d':
      return { ...made, inputs: { ...made.inputs, residual }, activation, output }
    case 'conv2dBackwardInput':
      return activation === 'none' ? { ...made, inputs: { ...made.inputs, residual }, output } : undefined
  }
}
