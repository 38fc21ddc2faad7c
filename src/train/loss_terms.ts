// Loads the losses beside the plain cross entropy, for a run that has them.

import type { LossTerms } from '../graph/ops/loss_term.ts'
import type { TrainingOptions } from './training_options.ts'

/** What the logits' loss has beside the plain cross entropy; undefined if it has nothing. */
export async function lossTermsOf({
  hardPixels = 1,
}: Pick<TrainingOptions, 'hardPixels'>): Promise<LossTerms | undefined> {
  if (hardPixels === 1) return undefined
  const { hardLabelsOp } = await import('../graph/ops/hard_labels.ts')
  return {
    hardLabels: (inputs, options) => hardLabelsOp(inputs, options, hardPixels),
    losses: [],
  }
}
