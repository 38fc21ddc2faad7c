// The learning rate of each step.

import type { Recipe } from './recipe_options.ts'

/**
 * The learning rate of a step, counted from 0. It rises in equal parts over the steps of the warm-up, base · (step + 1) / (warmUpSteps + 1)
 * (Goyal et al. 2017, section 2.2), and falls over the steps after it, by the schedule.
 */
export function learningRateOf(
  step: number,
  {
    learningRate: base,
    steps,
    schedule,
    warmUpSteps,
  }: Pick<Recipe, 'learningRate' | 'steps' | 'schedule' | 'warmUpSteps'>,
): number {
  if (step < warmUpSteps) return (base * (step + 1)) / (warmUpSteps + 1)
  const fall = schedule === 'cosine' ? cosineLearningRate : polyLearningRate
  return fall(base, step - warmUpSteps, steps - warmUpSteps)
}

/**
 * The learning rate of a step: base · (1 − step/steps)^0.9, the "poly" policy (section 4.1 of DeepLabv3). Steps count from 0. The
 * first step has the base rate, and the rate would be 0 one step after the last.
 */
export function polyLearningRate(base: number, step: number, steps: number): number {
  return base * (1 - step / steps) ** POWER
}

const POWER = 0.9

/**
 * The learning rate of a step: base · (1 + cos(π · step/steps)) / 2, cosine annealing without restarts (equation 5 of Loshchilov and Hutter
 * 2017), as torch.optim.lr_scheduler.CosineAnnealingLR. Steps count as in `polyLearningRate`.
 */
export function cosineLearningRate(base: number, step: number, steps: number): number {
  return (base * (1 + Math.cos((Math.PI * step) / steps))) / 2
}
