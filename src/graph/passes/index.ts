// What a plan makes of a graph before it chooses kernels: less to compute and less to store, the same values.

import type { Graph } from '../ir/graph.ts'
import { elideConcat } from './elide_concat.ts'
import { foldBatchNorm } from './fold_batch_norm.ts'
import { fuseActivation, fuseAdd } from './fuse.ts'
import { poolingAsBias } from './pooling_bias.ts'
import { residualInPlace } from './residual_in_place.ts'

export type Pass = (graph: Graph) => Graph

/** In the order in which one makes room for the next. */
export const allPasses: readonly Pass[] = [
  foldBatchNorm,
  fuseAdd,
  fuseActivation,
  poolingAsBias,
  elideConcat,
  residualInPlace,
]
