// Reverse-mode differentiation as a pass: a graph that ends in logits, of one head or several, becomes one that also computes the
// loss and the gradient of every parameter. It only walks the graph; each op's gradient stands beside the op, in ops/.

import { inputsOf, parametersOf } from '../ir/graph.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import { crossEntropyLoss } from '../ops/cross_entropy.ts'
import { differentiateOp } from '../ops/gradients.ts'
import type { BackwardOp, FoldedGraph, FusedGraph, FusedOp, GradientTape, ModelGraph } from '../ops/index.ts'
import type { LossInputs, LossTerms } from '../ops/loss_term.ts'
import type { ResizeOp } from '../ops/resize.ts'
import {
  type Distillation,
  type UnbiasedDistillationOp,
  unbiasedDistillationLoss,
} from '../ops/unbiased_distillation.ts'
import { foldable, foldBatchNorms, fuseActivations } from '../passes/fold.ts'
import { fuseAdd } from '../passes/fuse_add.ts'
import { residualInPlace } from '../passes/residual_in_place.ts'

export interface TrainingGraphOptions {
  /** Size of the labels; the logits are upsampled to it, never the labels reduced (section 4.1 of DeepLabv3). */
  labels: { height: number; width: number }
  /** Which of PyTorch's two conventions for positions holds where the logits are upsampled. Default false: half pixels. */
  alignCorners?: boolean
  /** Pixels of this label count neither in the loss nor in its gradient. */
  ignoreIndex: number
  /** Whether the graph takes a weight for each class, as the input `classWeights`. Default: all count alike. */
  classWeights?: boolean
  /** The factor of each output's cross entropy in the sum of losses. Default: 1 each. */
  lossWeights?: readonly number[]
  /** Whether a parameter learns. No gradient is computed of layers that have no such parameter, before the first that has. Default: all do. */
  learns?: (parameter: Parameter) => boolean
  /** Whether the first output is also held to what a network said before: takes `targets` and `newClasses`. */
  distillation?: Distillation
  /** The share of the target that all classes have alike in each cross entropy, as in PyTorch. Default: 0. */
  labelSmoothing?: number
  /** What the first output's loss has beside the plain cross entropy. Default: nothing. */
  lossTerms?: LossTerms
  /** Batch norm with the batch's statistics, or with the running ones as they are (section A of DeepLabv3). */
  batchNorm: { mode: 'batch'; momentum: number } | { mode: 'frozen' }
}

export interface TrainingGraph extends FusedGraph {
  /** How many of the ops, the first ones, are the forward pass up to the loss. */
  forwardOps: number
  /** class8 [n, height, width, 1], among the inputs. */
  labels: Tensor
  /**
   * The terms of the loss, and outputs themselves: f32 [1, 1, 1, 2], the loss comes first. They are the cross entropies of the outputs of
   * the forward graph, the first named `loss`, then `lossTerms`, and then the distillation.
   */
  losses: { output: Tensor; weight: number }[]
}

/**
 * `forward` is as the model built it, before any pass. Its outputs are logits [n, h, w, classes]; what training makes smaller is
 * the sum of their losses by `lossWeights`.
 */
export function trainingGraph(forward: ModelGraph, options: TrainingGraphOptions): TrainingGraph {
  const prepared = fuseActivations(withTrainingBatchNorm(foldable(forward), options))
  const { outputs } = prepared
  const [logits] = outputs
  const labels: Tensor = {
    name: 'labels',
    shape: [logits.shape[0], options.labels.height, options.labels.width, 1],
    dtype: 'class8',
  }
  const termLabels: Tensor | undefined = options.lossTerms?.ownLabels
    ? { ...labels, name: 'termLabels' }
    : undefined
  const classWeights: Tensor | undefined = options.classWeights
    ? { name: 'classWeights', shape: [1, 1, 1, logits.shape[3]], dtype: 'f32' }
    : undefined
  const { alignCorners = false } = options
  const upsamplings = outputs.map(logits => upsampleRows(logits, options.labels.height, alignCorners))
  const upsampled: FoldedGraph = { ...prepared, ops: [...prepared.ops, ...upsamplings] }
  const heads = upsamplings.map(({ output: rows }, i) => {
    const name = i === 0 ? 'loss' : `loss of ${outputs[i].name}`
    const inputs = { logits: rows, labels, termLabels: termLabels ?? labels, classWeights }
    return headLoss(inputs, { ...options, name, head: i })
  })
  const distilled = options.distillation && distillation(logits, options.distillation)
  const { targets, newClasses } = distilled?.inputs ?? {}
  const losses = [0, 1].flatMap(part => heads.flatMap(({ losses }) => (part ? losses.slice(1) : losses[0])))
  const given = new Map(heads.map(({ gradient }, i) => [upsamplings[i].output, gradient]))
  if (distilled) {
    losses.push({ output: distilled.output, weight: distilled.lossWeight })
    given.set(logits, distilled.gradient)
  }
  const backward = optimised(differentiate(upsampled, given, options.learns))
  const lossOps = [...heads.flatMap(({ ops }) => ops), ...(distilled ? [distilled] : [])]
  return {
    stage: 'fused',
    ops: [...upsampled.ops, ...lossOps, ...backward],
    forwardOps: upsampled.ops.length,
    inputs: [
      ...prepared.inputs,
      labels,
      ...[termLabels, classWeights, targets, newClasses].filter(tensor => tensor !== undefined),
    ],
    outputs: losses.map(({ output }) => output),
    labels,
    losses,
  }
}

interface HeadLoss {
  ops: FusedOp[]
  /** The terms of the loss, the cross entropy first. */
  losses: TrainingGraph['losses']
  /** Of the logits, by the sum of the terms. */
  gradient: Tensor
}

/** The loss of one head. Only the first has the terms beside the cross entropy, as in mmsegmentation's configs. */
function headLoss(
  { termLabels, ...inputs }: LossInputs & { termLabels: Tensor },
  { head, name, lossWeights, lossTerms, ...options }: TrainingGraphOptions & { head: number; name: string },
): HeadLoss {
  const { ignoreIndex, alignCorners = false, labelSmoothing = 0 } = options
  const weight = lossWeights?.[head] ?? 1
  const given = { name, ignoreIndex, alignCorners, labelSmoothing }
  const terms = head === 0 ? lossTerms : undefined
  const hard = terms?.hardLabels?.(inputs, given)
  const counted = { ...inputs, labels: hard?.output ?? inputs.labels }
  const entropy = crossEntropyLoss(counted, { ...given, lossWeight: weight })
  const others = terms?.losses.map(term => term({ ...inputs, labels: termLabels }, given)) ?? []
  const sums: FusedOp[] = []
  const add: Pick<GradientTape, 'emit'> = {
    emit: op => {
      sums.push(op)
      return op.output
    },
  }
  const gradient = others.reduce((all, term) => sum(add, all, term.gradient), entropy.gradient)
  return {
    ops: [...(hard ? [hard] : []), ...entropy.ops, ...others.map(({ op }) => op), ...sums],
    losses: [{ output: entropy.output, weight }, ...others.map(({ output, weight }) => ({ output, weight }))],
    gradient,
  }
}

/** The loss that holds logits to what another network said, by the inputs `targets` and `newClasses`. */
function distillation(logits: Tensor, options: Distillation): UnbiasedDistillationOp {
  const [, , , classes] = logits.shape
  const targets: Tensor = { name: 'targets', shape: logits.shape, dtype: 'f32' }
  const newClasses: Tensor = { name: 'newClasses', shape: [1, 1, 1, classes], dtype: 'f32' }
  return unbiasedDistillationLoss({ logits, targets, newClasses }, { name: 'distillation', ...options })
}

/** Frozen statistics are as good as constants, so that batch norm is folded into the convolutions, as for inference. */
function withTrainingBatchNorm(graph: FoldedGraph, { batchNorm: how }: TrainingGraphOptions): FoldedGraph {
  if (how.mode === 'frozen') return foldBatchNorms(graph)
  const ops = graph.ops.map(op => {
    if (op.kind !== 'batchNorm') return op
    const vector = (suffix: string): Tensor => ({
      name: `${op.name}.${suffix}`,
      shape: [1, 1, 1, op.output.shape[3]],
      dtype: 'f32',
    })
    const statistics = { mean: vector('mean'), variance: vector('variance') }
    return { ...op, kind: 'batchNormTraining', momentum: how.momentum, statistics } as const
  })
  return { ...graph, ops }
}

/**
 * Half of the upsampling of the logits, which is separable; the other half is the cross entropy's own. So no kernel has to
 * look at all label pixels of an area for each logit, and what lies between takes little room.
 */
function upsampleRows(logits: Tensor, height: number, alignCorners: boolean): ResizeOp {
  const [n, , w, c] = logits.shape
  const name = `${logits.name}.rows`
  const output: Tensor = { name, shape: [n, height, w, c], dtype: 'f32' }
  return { kind: 'resize', name, inputs: { input: logits }, alignCorners, output }
}

/** The ops that carry the given gradients back through `graph`, in the order in which they run. */
function differentiate(
  graph: FoldedGraph,
  given: ReadonlyMap<Tensor, Tensor>,
  learns: TrainingGraphOptions['learns'] = () => true,
): BackwardOp[] {
  const ops: BackwardOp[] = []
  const gradients = new Map(given)
  const depends = dependsOnParameters(graph, learns)
  const tape: GradientTape = {
    emit: op => {
      ops.push(op)
      return op.output
    },
    wants: tensor => depends.has(tensor),
    add: (tensor, gradient) => {
      const other = gradients.get(tensor)
      gradients.set(tensor, other ? sum(tape, other, gradient) : gradient)
    },
  }
  for (const op of graph.ops.toReversed()) {
    const gradient = gradients.get(op.output)
    if (gradient) differentiateOp(op, gradient, tape)
  }
  return ops
}

/** Convolutions add to a sum of gradients what is there before, mostly in its place. */
const optimised = (ops: BackwardOp[]): FusedOp[] =>
  residualInPlace(fuseAdd({ stage: 'fused', ops, inputs: [], outputs: [] })).ops

/** A tensor that several ops read has the sum of the gradients that they give it. */
function sum(tape: Pick<GradientTape, 'emit'>, a: Tensor, b: Tensor): Tensor {
  const name = `${b.name} + ${a.name}`
  return tape.emit({ kind: 'add', name, inputs: { a, b }, activation: 'none', output: { ...a, name } })
}

/** The tensors that depend on some parameter that learns; the others (the image) need no gradient. */
function dependsOnParameters(graph: FoldedGraph, learns: (parameter: Parameter) => boolean): Set<Tensor> {
  const depends = new Set<Tensor>()
  for (const op of graph.ops)
    if (parametersOf(op).some(learns) || inputsOf(op).some(input => depends.has(input)))
      depends.add(op.output)
  return depends
}
