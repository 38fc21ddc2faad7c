// All ops, by kind. A new op is entered here three times: its types by stage, its rules, and its method of the builder. Its kernels are
// entered in `commonOps`, or in inference_ops.ts and rare_ops.ts; those of an op that only training has in training_ops.ts.
// A kind without a definition, or a model's kind without a gradient or a reason for none, does not compile.

import type { Rows } from '../../kernels/geometry.ts'
import type { Graph } from '../ir/graph.ts'
import { GraphScope } from '../ir/scope.ts'
import type { Tensor } from '../ir/tensor.ts'
import { type Step, stepsAsStored } from '../lower/step.ts'
import * as accumulate from './accumulate_probabilities.ts'
import * as activation from './activation.ts'
import * as add from './add.ts'
import type { Band } from './band.ts'
import * as batchNorm from './batch_norm.ts'
import * as concat from './concat.ts'
import type * as confident from './confident_classes.ts'
import * as convTranspose2d from './conv_transpose2d.ts'
import * as conv2d from './conv2d.ts'
import type * as convolution from './convolution.ts'
import * as crop from './crop.ts'
import type * as crossEntropy from './cross_entropy.ts'
import * as custom from './custom.ts'
import type { DifferentiableRules, LoweredOp, OpRules } from './definition.ts'
import * as depthwise from './depthwise_conv2d.ts'
import * as dropout from './dropout.ts'
import type * as fold from './fold_batch_norm.ts'
import * as pooling from './global_average_pool.ts'
import type * as lossTerm from './loss_term.ts'
import type { Lowering } from './lowering.ts'
import * as maxPool from './max_pool.ts'
import * as maximum from './maximum.ts'
import * as preprocess from './preprocess.ts'
import * as resize from './resize.ts'
import * as softmax from './softmax.ts'
import type { RuleOf, TapeOf } from './tape.ts'
import type * as unbiasedDistillation from './unbiased_distillation.ts'
import * as argmax from './upsample_argmax.ts'

/** Ops that are the same at every stage. */
interface PlainOps {
  activation: activation.ActivationOp
  maximum: maximum.MaximumOp
  maxPool: maxPool.MaxPoolOp
  convTranspose2d: convTranspose2d.ConvTranspose2dOp
  crop: crop.CropOp
  globalAveragePool: pooling.GlobalAveragePoolOp
  resize: resize.ResizeOp
  softmax: softmax.SoftmaxOp
  dropout: dropout.DropoutOp
  preprocess: preprocess.PreprocessOp
  accumulateProbabilities: accumulate.AccumulateProbabilitiesOp
  custom: custom.CustomOp
  upsampleArgmax: argmax.UpsampleArgmaxOp
}

/** The ops that a model builds. */
interface ModelOps extends PlainOps {
  conv2d: conv2d.Conv2dOp
  depthwiseConv2d: depthwise.DepthwiseConv2dOp
  batchNorm: batchNorm.BatchNormOp
  add: add.AddOp
  concat: concat.ConcatOp
}

/** The ops that are differentiated and exported: batch norms are folded or take the batch's statistics, activations are fused. */
export interface FoldedOps extends PlainOps {
  conv2d: conv2d.FoldedConv2dOp
  depthwiseConv2d: depthwise.FoldedDepthwiseConv2dOp
  batchNorm: batchNorm.FoldedBatchNormOp
  batchNormTraining: batchNorm.BatchNormTrainingOp
  add: add.FoldedAddOp
  concat: concat.ConcatOp
}

/** The ops that differentiation adds. */
interface BackwardOps {
  activationBackward: activation.ActivationBackwardOp
  add: add.FoldedAddOp
  batchNormBackward: batchNorm.BatchNormBackwardOp
  biasGradient: convolution.BiasGradientOp
  confidentClasses: confident.ConfidentClassesOp
  conv2d: conv2d.FoldedConv2dOp
  conv2dBackwardInput: conv2d.Conv2dBackwardInputOp
  conv2dBackwardWeight: conv2d.Conv2dBackwardWeightOp
  crop: crop.CropOp
  depthwiseConv2dBackwardInput: depthwise.DepthwiseConv2dBackwardInputOp
  depthwiseConv2dBackwardWeight: depthwise.DepthwiseConv2dBackwardWeightOp
  dropout: dropout.DropoutOp
  foldBatchNormBackward: fold.FoldBatchNormBackwardOp
  globalAveragePoolBackward: pooling.GlobalAveragePoolBackwardOp
  maximumBackward: maximum.MaximumBackwardOp
  maxPoolBackward: maxPool.MaxPoolBackwardOp
  resizeBackward: resize.ResizeBackwardOp
  sliceChannels: concat.SliceChannelsOp
  crossEntropy: crossEntropy.CrossEntropyOp
  crossEntropyBackward: crossEntropy.CrossEntropyBackwardOp
  unbiasedDistillation: unbiasedDistillation.UnbiasedDistillationOp
  lossTerm: lossTerm.LossTermOp
  custom: custom.CustomOp
}

/** The ops that are planned: all of a graph, with what passes have fused. */
export interface FusedOps
  extends PlainOps,
    Omit<BackwardOps, 'add' | 'conv2d' | 'crop' | 'custom' | 'dropout'>,
    Pick<FoldedOps, 'batchNormTraining' | 'add'> {
  conv2d: conv2d.FusedConv2dOp
  depthwiseConv2d: depthwise.FusedDepthwiseConv2dOp
  batchNorm: batchNorm.FusedBatchNormOp
  concat: concat.FusedConcatOp
}

export type ModelOp = ModelOps[keyof ModelOps]
export type FoldedOp = FoldedOps[keyof FoldedOps]
export type BackwardOp = BackwardOps[keyof BackwardOps]
export type FusedOp = FusedOps[keyof FusedOps]

/** The graph that a model builds. Differentiation and export take no other. */
export interface ModelGraph extends Graph<ModelOp> {
  stage: 'model'
}
export interface FoldedGraph extends Graph<FoldedOp> {
  stage: 'folded'
}
/** The graph that passes made of it: it is planned. */
export interface FusedGraph extends Graph<FusedOp> {
  stage: 'fused'
}

/** The tape to which a gradient rule adds ops of the backward pass. */
export type GradientTape = TapeOf<BackwardOp>

/** Turns the gradient of an op's output into those of its inputs and parameters. */
export type GradientRule<Op> = RuleOf<Op, BackwardOp>

/** An op of one kind, or of several. */
export type OpOfKind<Ops, Kind extends keyof Ops = keyof Ops> = { [K in Kind]: { kind: K } & Ops[K] }[Kind]

/** Ops that can be differentiated, by kind. */
export type Gradients<Kinds extends keyof FoldedOps = keyof FoldedOps> = {
  [Kind in Kinds]: DifferentiableRules<OpOfKind<FoldedOps, Kind>, BackwardOp>
}

/** The kernels of ops, by kind: of all kinds, or of those that a plan may have. */
export type OpTable<Kinds extends keyof FusedOps = keyof FusedOps> = {
  [Kind in Kinds]: LoweredOp<OpOfKind<FusedOps, Kind>>
}

/** Kinds that a graph has which was not differentiated. */
export type InferenceKind = keyof ModelOps | 'sliceChannels'

type RulesTable = { [Kind in InferenceKind]: OpRules<OpOfKind<FusedOps, Kind>> }

/** The rules of the ops of inference, and of those that most graphs have the kernels, too. `rare_ops.ts` loads the others. */
export const opRules: RulesTable & Gradients<keyof ModelOps> = {
  accumulateProbabilities: accumulate.accumulateProbabilitiesRules,
  activation: activation.activationOp,
  add: add.addOp,
  batchNorm: batchNorm.batchNormRules,
  concat: concat.concatOp,
  conv2d: conv2d.conv2dOp,
  convTranspose2d: convTranspose2d.convTranspose2dRules,
  crop: crop.cropRules,
  custom: custom.customOp,
  depthwiseConv2d: depthwise.depthwiseConv2dOp,
  dropout: dropout.dropoutRules,
  globalAveragePool: pooling.globalAveragePoolOp,
  maximum: maximum.maximumRules,
  maxPool: maxPool.maxPoolRules,
  preprocess: preprocess.preprocessOp,
  resize: resize.resizeOp,
  sliceChannels: concat.sliceChannelsOp,
  softmax: softmax.softmaxRules,
  upsampleArgmax: argmax.upsampleArgmaxOp,
}

/** The kernels that most graphs of inference have. */
export const commonOps = {
  activation: activation.activationOp,
  add: add.addOp,
  concat: concat.concatOp,
  conv2d: conv2d.conv2dOp,
  custom: custom.customOp,
  depthwiseConv2d: depthwise.depthwiseConv2dOp,
  globalAveragePool: pooling.globalAveragePoolOp,
  preprocess: preprocess.preprocessOp,
  resize: resize.resizeOp,
  sliceChannels: concat.sliceChannelsOp,
  upsampleArgmax: argmax.upsampleArgmaxOp,
} satisfies Partial<OpTable>

/** The kernels of an op, in the precision of its tensors. `ops` are those that the plan may have. */
export const lowerOp = <Kind extends keyof FusedOps>(
  op: OpOfKind<FusedOps, Kind>,
  lowering: Lowering,
  ops: Partial<OpTable>,
): Step[] => {
  const lowered: OpTable[Kind] | undefined = ops[op.kind]
  if (!lowered)
    throw new Error(`${op.kind} is an op of training, and the plan is one of inference (${op.name})`)
  return stepsAsStored(op, lowered.lower(op, lowering))
}

/** The rules of ops of one kind, which may be one of training, or of all. */
type RulesOf<Kind extends keyof FusedOps> = { [K in Kind]?: OpRules<OpOfKind<FusedOps, K>> }

/** The band of an op that makes some rows of its output; undefined if it cannot be computed band by band, as no op of training can. */
export function bandOf<Kind extends keyof FusedOps>(
  op: OpOfKind<FusedOps, Kind>,
  rows: Rows,
): Band<FusedOp> | undefined {
  const rules: RulesOf<Kind> = opRules
  return rules[op.kind]?.band?.(op, rows) as Band<FusedOp> | undefined
}

/** The fields of a band of an op that is a sum over its bands; undefined if it is none. */
export function shareOf<Kind extends keyof FusedOps>(
  op: OpOfKind<FusedOps, Kind>,
): Partial<FusedOp> | undefined {
  const rules: RulesOf<Kind> = opRules
  return rules[op.kind]?.share?.(op) as Partial<FusedOp> | undefined
}

/**
 * Builds a graph op by op. Each method adds an op, as the shape rule beside the op's type says, and returns its output.
 * `name` names the op, its output, and in front of `.weight` and the like its parameters.
 */
export class GraphBuilder extends GraphScope<ModelOp> {
  readonly conv2d = this.#adds(conv2d.conv2dShape<ModelOp>)
  readonly depthwiseConv2d = this.#adds(depthwise.depthwiseConv2dShape<ModelOp>)
  readonly convTranspose2d = this.#adds(convTranspose2d.convTranspose2dShape<ModelOp>)
  readonly batchNorm = this.#adds(batchNorm.batchNormShape<ModelOp>)
  readonly activation = this.#adds(activation.activationShape<ModelOp>)
  readonly add = this.#adds(add.addShape<ModelOp>)
  readonly maximum = this.#adds(maximum.maximumShape<ModelOp>)
  readonly maxPool = this.#adds(maxPool.maxPoolShape<ModelOp>)
  readonly crop = this.#adds(crop.cropShape<ModelOp>)
  readonly globalAveragePool = this.#adds(pooling.globalAveragePoolShape<ModelOp>)
  readonly resize = this.#adds(resize.resizeShape<ModelOp>)
  readonly concat = this.#adds(concat.concatShape<ModelOp>)
  readonly dropout = this.#adds(dropout.dropoutShape<ModelOp>)
  readonly softmax = this.#adds(softmax.softmaxShape<ModelOp>)
  readonly preprocess = this.#adds(preprocess.preprocessShape<ModelOp>)
  readonly custom = this.#adds(custom.customShape<ModelOp>)
  readonly upsampleArgmax = this.#adds(argmax.upsampleArgmaxShape<ModelOp>)
  /** The mean over several views of softmax(upsample(logits)): see `meanProbabilitiesShape`. */
  readonly meanProbabilities = this.#adds(accumulate.meanProbabilitiesShape<ModelOp>)

  build(outputs: Tensor[]): ModelGraph {
    return { stage: 'model', ops: this.ops, inputs: this.inputs, outputs }
  }

  /** A method that adds what a shape rule makes: an op, or several with one output. */
  #adds<Args extends unknown[]>(rule: (scope: GraphScope<ModelOp>, ...args: Args) => ModelOp | ModelOp[]) {
    return (...args: Args): Tensor => {
      const made = [rule(this, ...args)].flat()
      for (const op of made) this.push(op)
      return made[0].output
    }
  }
}
