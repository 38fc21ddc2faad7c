/**
 * The learning rate of a step (from 0) of `steps`: base · (1 − step/steps)^0.9, the "poly" policy (section 4.1 of DeepLabv3).
 * The first step has the base rate; 0 would come after the last.
 */
export function polyLearningRate(base: number, step: number, steps: number): number {
  return base * (1 - step / steps) ** POWER
}

const POWER = 0.9
