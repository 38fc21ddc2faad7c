// Reverse-mode differentiation as a pass: a graph that ends in logits, of one head or several, becomes one that also computes the
// loss and the gradient of every parameter. It only walks the graph; each op's gradient stands beside the op, in ops/.

import { inputsOf, parametersOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { crossEntropyLoss } from '../ops/cross_entropy.ts'
import type { BackwardOp, FoldedGraph, FusedGraph, FusedOp, GradientTape, ModelGraph } from '../ops/index.ts'
import type { ResizeOp } from '../ops/resize.ts'
import { differentiateOp } from '../ops/training_ops.ts'
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
  /** The factor of each output's loss in the sum of losses. Default: 1 each. */
  lossWeights?: readonly number[]
  /** Whether the first output is also held to what a network said before: takes `targets` and `newClasses`. */
  distillation?: Distillation
  /** Batch norm with the batch's statistics, or with the running ones as they are (section A of DeepLabv3). */
  batchNorm: { mode: 'batch'; momentum: number } | { mode: 'frozen' }
}

export interface TrainingGraph extends FusedGraph {
  /** How many of the ops, the first ones, are the forward pass up to the loss. */
  forwardOps: number
  /** class8 [n, height, width, 1], among the inputs. */
  labels: Tensor
  /** Of each output of the forward graph, and outputs themselves: f32 [1, 1, 1, 2], the loss and 1/Σweight. The first is `loss`. */
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
  const classWeights: Tensor | undefined = options.classWeights
    ? { name: 'classWeights', shape: [1, 1, 1, logits.shape[3]], dtype: 'f32' }
    : undefined
  const { ignoreIndex, alignCorners = false, lossWeights = outputs.map(() => 1) } = options
  const upsamplings = outputs.map(logits => upsampleRows(logits, options.labels.height, alignCorners))
  const upsampled: FoldedGraph = { ...prepared, ops: [...prepared.ops, ...upsamplings] }
  const losses = upsamplings.map(({ output: rows }, i) => {
    const name = i === 0 ? 'loss' : `loss of ${outputs[i].name}`
    const given = { name, ignoreIndex, alignCorners, lossWeight: lossWeights[i] }
    return crossEntropyLoss({ logits: rows, labels, classWeights }, given)
  })
  const distilled = options.distillation && distillation(logits, options.distillation)
  const given = new Map(losses.map(({ gradient }, i) => [upsamplings[i].output, gradient]))
  if (distilled) given.set(logits, distilled.gradient)
  const backward = optimised(differentiate(upsampled, given))
  const { targets, newClasses } = distilled?.inputs ?? {}
  const terms = losses.map(({ output }, i) => ({ output, weight: lossWeights[i] }))
  if (distilled) terms.push({ output: distilled.output, weight: distilled.lossWeight })
  return {
    stage: 'fused',
    ops: [
      ...upsampled.ops,
      ...losses.flatMap(({ ops }) => ops),
      ...(distilled ? [distilled] : []),
      ...backward,
    ],
    forwardOps: upsampled.ops.length,
    inputs: [
      ...prepared.inputs,
      labels,
      ...[classWeights, targets, newClasses].filter(tensor => tensor !== undefined),
    ],
    outputs: terms.map(({ output }) => output),
    labels,
    losses: terms,
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
function differentiate(graph: FoldedGraph, given: ReadonlyMap<Tensor, Tensor>): BackwardOp[] {
  const ops: BackwardOp[] = []
  const gradients = new Map(given)
  const depends = dependsOnParameters(graph)
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
function sum(tape: GradientTape, a: Tensor, b: Tensor): Tensor {
  const name = `${b.name} + ${a.name}`
  return tape.emit({ kind: 'add', name, inputs: { a, b }, activation: 'none', output: { ...a, name } })
}

/** The tensors that depend on some parameter; the others (the image) need no gradient. */
function dependsOnParameters(graph: FoldedGraph): Set<Tensor> {
  const depends = new Set<Tensor>()
  for (const op of graph.ops)
    if (parametersOf(op).length > 0 || inputsOf(op).some(input => depends.has(input))) depends.add(op.output)
  return depends
}
