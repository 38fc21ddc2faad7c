// The kernels that few graphs of inference have. They are loaded before a plan is made, so pages need not download the others.

import {
  commonOps,
  type FusedGraph,
  type FusedOp,
  type FusedOps,
  type InferenceKind,
  type OpTable,
} from './index.ts'

/** Kernels that are loaded for the ops that need them. */
export type RareOps<Kinds extends keyof FusedOps> = {
  [Kind in Kinds]: {
    /** Whether an op of a graph needs them. */
    isNeeded(op: FusedOp): boolean
    load(): Promise<OpTable[Kind]>
  }
}

/** Loads the kernels for ops of one kind. */
export const forKind = <Kind extends keyof FusedOps>(kind: Kind, load: () => Promise<OpTable[Kind]>) => ({
  isNeeded: (op: FusedOp) => op.kind === kind,
  load,
})

export const rareOps: RareOps<Exclude<InferenceKind, keyof typeof commonOps> | 'preprocess'> = {
  accumulateProbabilities: forKind(
    'accumulateProbabilities',
    async () => (await import('./accumulate_probabilities_lowering.ts')).accumulateProbabilitiesLowering,
  ),
  batchNorm: forKind('batchNorm', async () => (await import('./batch_norm_lowering.ts')).batchNormLowering),
  convTranspose2d: forKind(
    'convTranspose2d',
    async () => (await import('./conv_transpose2d_lowering.ts')).convTranspose2dLowering,
  ),
  crop: forKind('crop', async () => (await import('./crop_lowering.ts')).cropLowering),
  dropout: forKind('dropout', async () => (await import('./dropout_lowering.ts')).dropoutLowering),
  maximum: forKind('maximum', async () => (await import('./maximum_lowering.ts')).maximumLowering),
  maxPool: forKind('maxPool', async () => (await import('./max_pool_lowering.ts')).maxPoolLowering),
  preprocess: {
    isNeeded: op => op.kind === 'preprocess' && op.inputs.image.dtype === 'samples',
    load: async () => (await import('./preprocess_samples_lowering.ts')).preprocessSamplesLowering,
  },
  softmax: forKind('softmax', async () => (await import('./softmax_lowering.ts')).softmaxLowering),
}

/** The kernels for the ops of a graph of inference. */
export const inferenceOpsOf = (graph: FusedGraph): Promise<Partial<OpTable>> =>
  loadOps(graph, commonOps, rareOps)

/** The table `common`, and those of `rare` that the graph needs. */
export async function loadOps(
  { ops }: FusedGraph,
  common: Partial<OpTable>,
  rare: Partial<RareOps<keyof FusedOps>>,
): Promise<Partial<OpTable>> {
  const needed = Object.entries(rare).filter(([, { isNeeded }]) => ops.some(isNeeded))
  const loaded = await Promise.all(needed.map(async ([kind, { load }]) => [kind, await load()] as const))
  return { ...common, ...Object.fromEntries(loaded) }
}
