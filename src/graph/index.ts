/**
 * Networks of one's own. Build a graph, plan it, run it; or make a training graph of it, and train it.
 * @module atrous/graph
 */

export type { SubgroupMatrix } from '../kernels/convolution/conv2d_subgroup_matrix.ts'
export { type TrainingGraph, type TrainingGraphOptions, trainingGraph } from './autodiff/training_graph.ts'
export type { ConvolutionTarget, Policy, Tuned } from './convolution/policy.ts'
export { type Conv2dChoice, type Conv2dVariant, conv2dVariants } from './convolution/strategies.ts'
export type { Device, WorkgroupLimits } from './convolution/target.ts'
export { type AnyOp, type Graph, graphParameters } from './ir/graph.ts'
export type { BatchNorm, DType, OpOf, Parameter, Tensor } from './ir/tensor.ts'
export type { Operand, Step } from './lower/step.ts'
export type { LogitsView } from './ops/accumulate_probabilities.ts'
export type { ConvolutionOptions } from './ops/convolution.ts'
export type { CustomOp, CustomOptions } from './ops/custom.ts'
export {
  type BackwardOp,
  type FoldedGraph,
  type FoldedOp,
  type FusedGraph,
  type FusedOp,
  type GradientRule,
  type GradientTape,
  GraphBuilder,
  type ModelGraph,
  type ModelOp,
} from './ops/index.ts'
export type { ResamplingOptions } from './ops/resize.ts'
export { gradientOfInput } from './ops/tape.ts'
export type { FoldingPass } from './passes/fold.ts'
export { allPasses, type FusingPass, optimise, type Passes } from './passes/index.ts'
export { createPlan } from './plan/create_plan.ts'
export { explain } from './plan/explain.ts'
export type { Placement } from './plan/placements.ts'
export type { Plan, PlanDevice, PlanTarget } from './plan/plan.ts'
export { planWithin } from './plan/plan_within.ts'
export { Executor, type RunOptions, type TensorData, type WeightSource } from './runtime/executor.ts'
export { type ArenaOptions, ParameterArena, type Section } from './runtime/parameter_arena.ts'
export { type Optimiser, TrainingWeights } from './runtime/training_weights.ts'
export { WeightStore } from './runtime/weight_store.ts'
export type { TunedConvolution, TuneOptions, TuneProgress } from './tune/tune.ts'
export { tuneGraph as tune } from './tune/tune_graph.ts'
