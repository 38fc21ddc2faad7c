// The Dice loss with its gradient.

import { diceMeans, diceSums, diceTerms } from '../../kernels/training/dice.ts'
import { classAreas, overlapBackward } from '../../kernels/training/overlap.ts'
import { mergedLoss, softmaxCrossEntropy } from '../../kernels/training/softmax_cross_entropy.ts'
import type { Tensor } from '../ir/tensor.ts'
import { oneStep, type Step, scratch } from '../lower/step.ts'
import type { LossInputs, LossOptions, LossTerm, LossTermOp } from './loss_term.ts'

/** `weight` times the Dice loss of the upsampled logits, which knows no class weights. */
export function diceLoss(inputs: LossInputs, options: LossOptions, weight: number): LossTerm {
  const { logits, labels } = inputs
  const name = `Dice ${options.name}`
  const output: Tensor = { name, shape: [1, 1, 1, 2], dtype: 'f32' }
  const gradient: Tensor = { ...logits, name: `${logits.name}.Dice gradient` }
  const steps = (op: LossTermOp) => diceSteps(op, { ...options, gradient, weight })
  return {
    op: { kind: 'lossTerm', name, inputs: { logits, labels }, steps, output },
    output,
    gradient,
    weight,
  }
}

function diceSteps(
  op: LossTermOp,
  { gradient, weight, ...options }: LossOptions & { gradient: Tensor; weight: number },
): Step[] {
  const { logits, labels } = op.inputs
  const loss = { ...options, label: op.name, input: logits.shape, width: labels.shape[2] }
  const forward = softmaxCrossEntropy(loss)
  const [sums, terms, means] = [diceSums(loss), diceTerms(loss), diceMeans(loss)]
  const areas = classAreas(loss)
  const backward = overlapBackward({ ...loss, lossWeight: weight, classTerms: true })
  const log_sum_exp = scratch(op, forward.outputs.log_sum_exp, 'log sum exp')
  const partials = scratch(op, sums.outputs.partials)
  const of = {
    areas: scratch(op, areas.outputs.areas, 'areas'),
    class_terms: scratch(op, terms.outputs.class_terms, 'class terms'),
    losses: scratch(op, terms.outputs.losses, 'losses'),
    means: scratch(op, means.outputs.means, 'means'),
  }
  const read = { logits, labels, log_sum_exp }
  const { class_terms, losses } = of
  return [
    ...oneStep(op, forward, { ...read, partials: scratch(op, forward.outputs.partials, 'unused') }),
    ...oneStep(op, areas, { labels, areas: of.areas }),
    ...oneStep(op, sums, { ...read, partials }),
    ...oneStep(op, terms, { partials, areas: of.areas, class_terms, losses }),
    ...oneStep(op, mergedLoss({ label: op.name, count: losses.shape[3] / 2 }), {
      partials: losses,
      loss: op.output,
    }),
    ...oneStep(op, means, { ...read, class_terms, means: of.means }),
    ...oneStep(op, backward, {
      ...read,
      class_terms,
      means: of.means,
      loss: op.output,
      logits_gradient: gradient,
    }),
  ]
}
