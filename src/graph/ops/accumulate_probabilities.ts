import { sampledRows } from '../../kernels/resizing/resize.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { type Resampling, resampled } from './band.ts'
import type { DifferentiableRules } from './definition.ts'
import type { ResamplingOptions } from './resize.ts'

export type AccumulateProbabilitiesOp = OpOf<'accumulateProbabilities', { logits: Tensor }> &
  Resampling & {
    alignCorners: boolean
    flip: boolean
    /** The view's share in the mean. */
    share: number
    /** The first op of a sum overwrites the accumulator; the others add to it. */
    first: boolean
  }

/** The logits of one view of a photo. */
export interface LogitsView {
  logits: Tensor
  flip: boolean
  /** Its share in the mean. */
  weight: number
}

/**
 * The mean over `views` of softmax(upsample(logits)), flipped back where the view was flipped, by the views' weights:
 * multi-scale inference (DeepLabv3, section 4). Each view's logits are [n, h, w, c]; result [n, height, width, c].
 */
export function meanProbabilitiesShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  views: readonly LogitsView[],
  { name, height, width, alignCorners }: ResamplingOptions,
): AccumulateProbabilitiesOp[] {
  const [n, , , c] = views[0].logits.shape
  const output = scope.tensor(name, [n, height, width, c])
  return views.map(({ logits, flip, weight }, index) => ({
    kind: 'accumulateProbabilities',
    name: output.name,
    inputs: { logits },
    alignCorners,
    flip,
    share: weight,
    first: index === 0,
    output,
  }))
}

export const accumulateProbabilitiesRules: DifferentiableRules<AccumulateProbabilitiesOp> = {
  band(op, rows) {
    const heights = { from: op.inputs.logits.shape[1], to: op.output.shape[1] }
    return resampled(op, 'logits', { rows, read: sampledRows({ ...op, ...heights }, rows) })
  },
  gradient: { none: 'training sees one view of a photo' },
}
