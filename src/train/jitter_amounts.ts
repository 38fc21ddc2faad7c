// How much the colours of training examples jitter, as options say it.

/**
 * How far brightness, contrast, saturation and hue change at random, as in torchvision's ColorJitter: factors from 1 − x to 1 + x, but
 * not below 0, and a turn of the hue by up to x of the colour circle, x ≤ 0.5. One number s stands for s, s, s and s / 2.
 */
export type ColourJitter =
  | number
  | readonly [brightness: number, contrast: number, saturation: number, hue: number]

/** Of each of the four. */
export const amounts = (jitter: ColourJitter): readonly number[] =>
  typeof jitter === 'number' ? [jitter, jitter, jitter, jitter / 2] : jitter

/** Whether the numbers are within their ranges. */
export function isColourJitter(jitter: ColourJitter): boolean {
  const [hue, ...factors] = amounts(jitter).toReversed()
  return hue >= 0 && hue <= 0.5 && factors.every(amount => amount >= 0 && amount < Infinity)
}

export const isOff = (jitter: ColourJitter): boolean => amounts(jitter).every(amount => amount === 0)
