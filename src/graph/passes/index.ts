// The passes over a graph before its kernels are chosen: less to compute and less to store, the same values.

import type { FusedGraph, ModelGraph } from '../ops/index.ts'
import { elideConcat } from './elide_concat.ts'
import { type FoldingPass, foldable, foldingPasses } from './fold.ts'
import { fuseAdd } from './fuse_add.ts'
import { poolingAsBias } from './pooling_as_bias.ts'
import { residualInPlace } from './residual_in_place.ts'

export type FusingPass = (graph: FusedGraph) => FusedGraph

/** In the order in which one makes room for the next. */
export const fusingPasses: readonly FusingPass[] = [fuseAdd, poolingAsBias, elideConcat, residualInPlace]

export interface Passes {
  folding: readonly FoldingPass[]
  fusing: readonly FusingPass[]
}

export const allPasses: Passes = { folding: foldingPasses, fusing: fusingPasses }

/** A model's graph as it is planned. */
export function optimise(graph: ModelGraph, { folding, fusing }: Passes = allPasses): FusedGraph {
  const folded = folding.reduce((edited, pass) => pass(edited), foldable(graph))
  const fusable: FusedGraph = { ...folded, stage: 'fused' }
  return fusing.reduce((edited, pass) => pass(edited), fusable)
}
