// Goes on with the training of a checkpoint.

import type { Dataset } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import type { Progress } from '../train/checkpoint.ts'
import type { DeepLabBase } from './deeplab_base.ts'
import type { ResumeOptions, TrainerOptions, TrainerParts } from './trainer_base.ts'

/**
 * @internal The recipe and the options with which a run goes on from a checkpoint. `source`: the checkpoint, for messages. Throws a
 * UserError if it was trained on another dataset.
 */
export function resumed<Model extends DeepLabBase<never, unknown>>(
  { model, progress, source }: { model: Model; progress: Progress; source: string },
  dataset: Dataset,
  { activationBudget, badImages, ...options }: Omit<TrainerOptions, 'report'> & ResumeOptions,
): TrainerParts<Model> {
  const { recipe, images, unlabelled = 0 } = progress
  const without = options.unlabelled?.size ?? 0
  const names = [model.classNames, dataset.classNames].map(String)
  if (images !== dataset.size || names[0] !== names[1])
    throw new UserError(
      `${source}: trained on ${images} images of ${model.classNames.length} classes; ${dataset.name} is another dataset`,
    )
  if (without !== unlabelled)
    throw new UserError(
      `${source}: trained with ${unlabelled === 0 ? 'no' : unlabelled} unlabelled photos, not ${without === 0 ? 'without any' : without}`,
    )
  const changed = {
    activationBudget: activationBudget ?? recipe.activationBudget,
    badImages: badImages ?? recipe.badImages,
  }
  return { model, dataset, recipe: { ...recipe, ...changed }, options }
}
