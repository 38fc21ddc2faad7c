// Loads the losses beside the plain cross entropy, for a run that has them.

import type { LossTerms } from '../graph/ops/loss_term.ts'
import type { TrainingOptions } from './training_options.ts'
import type { UnlabelledOptions } from './unlabelled.ts'

/**
 * What the logits' loss has beside the plain cross entropy; undefined if it has nothing. In a run with `unlabelled` photos, its losses
 * have labels of their own.
 */
export async function lossTermsOf({
  hardPixels = 1,
  diceLoss: dice = 0,
  lovaszLoss: lovasz = 0,
  unlabelled,
}: Pick<TrainingOptions, 'hardPixels' | 'diceLoss' | 'lovaszLoss'> & {
  unlabelled?: UnlabelledOptions
}): Promise<LossTerms | undefined> {
  if (hardPixels === 1 && dice === 0 && lovasz === 0) return undefined
  const { diceLoss, hardLabelsOp, lovaszLoss } = await import('../graph/ops/loss_terms.ts')
  const losses: LossTerms['losses'] = []
  if (dice > 0) losses.push((inputs, options) => diceLoss(inputs, options, dice))
  if (lovasz > 0) losses.push((inputs, options) => lovaszLoss(inputs, options, lovasz))
  const ownLabels = unlabelled !== undefined && losses.length > 0
  if (hardPixels === 1) return { losses, ownLabels }
  return { losses, ownLabels, hardLabels: (inputs, options) => hardLabelsOp(inputs, options, hardPixels) }
}
