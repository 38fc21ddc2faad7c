/**
 * The learning rate of a step: base · (1 − step/steps)^0.9, the "poly" policy (section 4.1 of DeepLabv3). Steps count from 0. The
 * first step has the base rate, and the rate would be 0 one step after the last.
 */
export function polyLearningRate(base: number, step: number, steps: number): number {
  return base * (1 - step / steps) ** POWER
}

const POWER = 0.9
