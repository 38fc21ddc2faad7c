// Random changes of a training example besides its crop: which numbers are drawn, and in what order they take effect.

import { blur } from './blur.ts'
import { ADJUSTMENTS, type Adjustment, adjust, type Colours, toGrey } from './colour_jitter.ts'
import { amounts, type ColourJitter, isOff } from './jitter_amounts.ts'
import { randomOrder } from './random.ts'

/** Changes of an example's colours. By default there are none. */
export interface Distortion {
  colourJitter?: ColourJitter
  /** The share of the examples that jitter. Default: 1. */
  jittered?: number
  /** The share of the examples that turn grey. Default: 0. */
  grey?: number
  /** The share of the examples that are blurred, by a Gaussian with a standard deviation from 0.1 to 2 pixels. Default: 0. */
  blur?: number
}

/** What was drawn for one example. */
export interface DrawnDistortion {
  /** In the order in which they take effect: factors and the turn of the hue. */
  adjustments: readonly (readonly [Adjustment, number])[]
  grey: boolean
  /** The standard deviation of the blur; 0: none. */
  sigma: number
}

/** Uniform within `most` degrees to either side. Draws one number. */
export const drawAngle = (most = 0, random: () => number): number =>
  most === 0 ? 0 : (2 * random() - 1) * most

/** Draws a change of colours. Options that are off draw nothing. */
export function drawDistortion(
  { colourJitter = 0, jittered = 1, grey = 0, blur = 0 }: Distortion,
  random: () => number,
): DrawnDistortion {
  const happens = (share: number) => share > 0 && random() < share
  return {
    adjustments: isOff(colourJitter) || !happens(jittered) ? [] : drawAdjustments(colourJitter, random),
    grey: happens(grey),
    sigma: happens(blur) ? SIGMAS[0] + (SIGMAS[1] - SIGMAS[0]) * random() : 0,
  }
}

/** Of SimCLR (Chen et al. 2020) and what followed it. */
const SIGMAS = [0.1, 2]

function drawAdjustments(jitter: ColourJitter, random: () => number): [Adjustment, number][] {
  const order = [...randomOrder(random, ADJUSTMENTS.length)]
  const drawn = amounts(jitter).map((amount, i): [Adjustment, number] => {
    const isHue = ADJUSTMENTS[i] === 'hue'
    const [smallest, largest] = isHue ? [-amount, amount] : [Math.max(0, 1 - amount), 1 + amount]
    return [ADJUSTMENTS[i], smallest + (largest - smallest) * random()]
  })
  return order.map(i => drawn[i]).filter((_, i) => amounts(jitter)[order[i]] > 0)
}

/** Changes the colours of the RGBA pixels at the top left of an image. */
export function distort(
  image: Uint8Array,
  { width, height, pitch }: { width: number; height: number; pitch: number },
  { adjustments, grey, sigma }: DrawnDistortion,
): void {
  if (adjustments.length === 0 && !grey && sigma === 0) return
  const colours: Colours = { values: new Float32Array(width * height * 3), width, height }
  const { values } = colours
  for (let row = 0, to = 0; row < height; row++)
    for (let from = row * pitch * 4, end = from + width * 4; from < end; from += 4) {
      values[to++] = image[from]
      values[to++] = image[from + 1]
      values[to++] = image[from + 2]
    }
  for (const [adjustment, factor] of adjustments) adjust[adjustment](colours, factor)
  if (grey) toGrey(colours)
  if (sigma > 0) blur(colours, sigma)
  for (let row = 0, from = 0; row < height; row++)
    for (let to = row * pitch * 4, end = to + width * 4; to < end; to += 4) {
      image[to] = values[from++] + 0.5
      image[to + 1] = values[from++] + 0.5
      image[to + 2] = values[from++] + 0.5
    }
}
