// Loads the losses beside the plain cross entropy, for a run that has them.

import type { LossTerms } from '../graph/ops/loss_term.ts'
import type { TrainingOptions } from './training_options.ts'

/** What the logits' loss has beside the plain cross entropy; undefined if it has nothing. */
export async function lossTermsOf({
  hardPixels = 1,
  diceLoss: dice = 0,
  lovaszLoss: lovasz = 0,
}: Pick<TrainingOptions, 'hardPixels' | 'diceLoss' | 'lovaszLoss'>): Promise<LossTerms | undefined> {
  if (hardPixels === 1 && dice === 0 && lovasz === 0) return undefined
  const { diceLoss, hardLabelsOp, lovaszLoss } = await import('../graph/ops/loss_terms.ts')
  const losses: LossTerms['losses'] = []
  if (dice > 0) losses.push((inputs, options) => diceLoss(inputs, options, dice))
  if (lovasz > 0) losses.push((inputs, options) => lovaszLoss(inputs, options, lovasz))
  if (hardPixels === 1) return { losses }
  return { losses, hardLabels: (inputs, options) => hardLabelsOp(inputs, options, hardPixels) }
}
