// Reverse-mode differentiation as a pass: a graph that ends in logits, of one head or several, becomes one that also computes the
// loss and the gradient of every parameter. It only walks the graph; each op's gradient is a kernel beside its forward one.

import { type Graph, inputsOf, type Op, parametersOf, type ResizeOp, type Tensor } from '../ir/graph.ts'
import type { CrossEntropyOp } from '../ir/training_ops.ts'
import { foldBatchNorm } from '../passes/fold_batch_norm.ts'
import { fuseActivation, fuseAdd } from '../passes/fuse.ts'
import { residualInPlace } from '../passes/residual_in_place.ts'
import { editOps } from '../passes/uses.ts'
import { activated, type Gradients, rules } from './gradients.ts'

export interface TrainingGraphOptions {
  /** Size of the labels; the logits are upsampled to it, never the labels reduced (section 4.1 of DeepLabv3). */
  labels: { height: number; width: number }
  /** Pixels of this label count neither in the loss nor in its gradient. */
  ignoreIndex: number
  /** Whether the graph takes a weight for each class, as the input `classWeights`. Default: all count alike. */
  classWeights?: boolean
  /** Of the loss of each of the graph's outputs, in the sum of losses. Default: 1 each. */
  lossWeights?: readonly number[]
  /** Batch norm with the batch's statistics, or with the running ones as they are (section A of DeepLabv3). */
  batchNorm: { mode: 'batch'; momentum: number } | { mode: 'frozen' }
}

export interface TrainingGraph extends Graph {
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
export function trainingGraph(forward: Graph, options: TrainingGraphOptions): TrainingGraph {
  const prepared = fuseActivation(withTrainingBatchNorm(forward, options))
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
  const { ignoreIndex, lossWeights = outputs.map(() => 1) } = options
  const upsamplings = outputs.map(logits => upsampleRows(logits, options.labels.height))
  const upsampled = { ...prepared, ops: [...prepared.ops, ...upsamplings] }
  const losses = upsamplings.map(({ output: rows }, i) => {
    const name = i === 0 ? 'loss' : `loss of ${outputs[i].name}`
    return crossEntropy({ logits: rows, labels, classWeights }, { name, ignoreIndex, weight: lossWeights[i] })
  })
  const given = losses.map(({ gradient }, i) => [upsamplings[i].output, gradient] as const)
  const backward = optimised(differentiate(upsampled, new Map(given)))
  return {
    ops: [...upsampled.ops, ...losses.flatMap(({ ops }) => ops), ...backward],
    forwardOps: upsampled.ops.length,
    inputs: [...prepared.inputs, labels, ...(classWeights ? [classWeights] : [])],
    outputs: losses.map(({ output }) => output),
    labels,
    losses: losses.map(({ output, weight }) => ({ output, weight })),
  }
}

/** Frozen statistics are as good as constants, so that batch norm is folded into the convolutions, as for inference. */
function withTrainingBatchNorm(graph: Graph, { batchNorm: how }: TrainingGraphOptions): Graph {
  if (how.mode === 'frozen') return foldBatchNorm(graph)
  return editOps(graph, op => {
    if (op.kind !== 'batchNorm') return [op]
    const vector = (suffix: string): Tensor => ({
      name: `${op.name}.${suffix}`,
      shape: [1, 1, 1, op.output.shape[3]],
      dtype: 'f32',
    })
    const statistics = { mean: vector('mean'), variance: vector('variance') }
    return [{ ...op, kind: 'batchNormTraining', momentum: how.momentum, statistics }]
  })
}

/**
 * Half of the upsampling of the logits, which is separable; the other half is the cross entropy's own. So no kernel has to
 * look at all label pixels of an area for each logit, and what lies between takes little room.
 */
function upsampleRows(logits: Tensor, height: number): ResizeOp {
  const [n, , w, c] = logits.shape
  const name = `${logits.name}.rows`
  return {
    kind: 'resize',
    name,
    inputs: { input: logits },
    alignCorners: false,
    output: { name, shape: [n, height, w, c], dtype: 'f32' },
  }
}

function crossEntropy(
  inputs: CrossEntropyOp['inputs'],
  { name, ignoreIndex, weight }: { name: string; ignoreIndex: number; weight: number },
) {
  const { logits, labels } = inputs
  const [n, height, width] = labels.shape
  const output: Tensor = { name, shape: [1, 1, 1, 2], dtype: 'f32' }
  const logSumExp: Tensor = {
    name: `${name}.log sum exp`,
    shape: [1, 1, 1, n * height * width],
    dtype: 'f32',
  }
  const gradient: Tensor = { ...logits, name: `${logits.name}.gradient` }
  const shared = { alignCorners: false, ignoreIndex }
  const ops: Op[] = [
    { kind: 'crossEntropy', name, inputs, ...shared, logSumExp, output },
    {
      kind: 'crossEntropyBackward',
      name: gradient.name,
      inputs: { ...inputs, logSumExp, loss: output },
      ...shared,
      lossWeight: weight,
      output: gradient,
    },
  ]
  return { ops, output, weight, gradient }
}

/** The ops that carry the given gradients back through `graph`, in the order in which they run. */
function differentiate(graph: Graph, given: ReadonlyMap<Tensor, Tensor>): Op[] {
  const ops: Op[] = []
  const gradients = new Map(given)
  const depends = dependsOnParameters(graph)
  const tape: Gradients = {
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
    if (!gradient) continue
    const rule = rules[op.kind]
    if (!rule) throw new Error(`${op.kind} has no gradient (${op.name})`)
    rule(op, activated(op, gradient, tape), tape)
  }
  return ops
}

/** Convolutions add to a sum of gradients what is there before, mostly where it lies. */
const optimised = (backward: Op[]): Op[] =>
  residualInPlace(fuseAdd({ ops: backward, inputs: [], outputs: [] })).ops

/** A tensor that several ops read has the sum of the gradients that they give it. */
function sum(tape: Gradients, a: Tensor, b: Tensor): Tensor {
  const name = `${b.name} + ${a.name}`
  return tape.emit({ kind: 'add', name, inputs: { a, b }, activation: 'none', output: { ...a, name } })
}

/** The tensors that some parameter has a say in; the others (the image) need no gradient. */
function dependsOnParameters(graph: Graph): Set<Tensor> {
  const depends = new Set<Tensor>()
  for (const op of graph.ops)
    if (parametersOf(op).length > 0 || inputsOf(op).some(input => depends.has(input))) depends.add(op.output)
  return depends
}
