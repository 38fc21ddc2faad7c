// The graph with which export, differentiation and planning begin: a model's graph with its batch norms folded and its activations fused.

import type { Activation } from '../../kernels/elementwise/activation.ts'
import { usesOf } from '../ir/graph.ts'
import type { FoldedGraph, FoldedOp, ModelGraph, ModelOp } from '../ops/index.ts'

export type FoldingPass = (graph: FoldedGraph) => FoldedGraph

/** In the order in which one makes room for the next. */
export const foldingPasses: readonly FoldingPass[] = [foldBatchNorms, fuseActivations]

/** The graph with nothing folded yet, in the type that the passes below edit. */
export const foldable = (graph: ModelGraph): FoldedGraph => ({
  ...graph,
  stage: 'folded',
  ops: graph.ops.map(withActivation),
})

function withActivation(op: ModelOp): FoldedOp {
  switch (op.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'batchNorm':
    case 'add':
      return { ...op, activation: 'none' }
    default:
      return op
  }
}

/** Batch norm behind a convolution becomes part of its weights: γ/√(σ² + ε) scales the filters, the rest is a bias. */
export function foldBatchNorms(graph: FoldedGraph): FoldedGraph {
  const { producer, soleReader } = usesOf(graph)
  const foldsInto = (op: FoldedOp) => {
    const made = op.kind === 'batchNorm' ? producer(op.inputs.input) : undefined
    if (made?.kind !== 'conv2d' && made?.kind !== 'depthwiseConv2d') return undefined
    const isFree = !made.batchNorm && made.activation === 'none'
    return isFree && soleReader(made.output) ? made : undefined
  }
  const edit = (op: FoldedOp): FoldedOp[] => {
    if (foldsInto(op)) return []
    const next = soleReader(op.output)
    if (next?.kind !== 'batchNorm') return [op]
    const convolution = foldsInto(next)
    if (!convolution) return [op]
    const { batchNorm, activation, output } = next
    return [{ ...convolution, batchNorm, activation, output }]
  }
  return { ...graph, ops: graph.ops.flatMap(edit) }
}

/** An activation becomes the last step of the convolution, batch norm or addition that makes its input. */
export function fuseActivations(graph: FoldedGraph): FoldedGraph {
  const { producer, soleReader } = usesOf(graph)
  const edit = (op: FoldedOp): FoldedOp[] => {
    if (op.kind === 'activation') {
      const made = producer(op.inputs.input)
      return made && takesActivation(made) && soleReader(made.output) === op ? [] : [op]
    }
    const next = soleReader(op.output)
    if (next?.kind !== 'activation' || !takesActivation(op)) return [op]
    return [{ ...op, activation: next.activation, output: next.output }]
  }
  return { ...graph, ops: graph.ops.flatMap(edit) }
}

type Activated = Extract<
  FoldedOp,
  { kind: 'conv2d' | 'depthwiseConv2d' | 'batchNorm' | 'batchNormTraining' | 'add' }
>

const takesActivation = (op: FoldedOp): op is Activated & { activation: Activation } =>
  'activation' in op && op.kind !== 'activation' && op.activation === 'none'
