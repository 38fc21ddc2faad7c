// Where a network is not sure of its class, and where a stroke would help it the most.

import type { ScoreMap } from '../../../src/inference/score_map.ts'
import type { Point } from './strokes.ts'

export interface Uncertainty {
  width: number
  height: number
  /** Of each pixel, from 0 where one class has all of the probability to 1 where all classes have the same. */
  values: Float32Array
}

/** 1 minus the highest probability, as a share of the most that this can be. */
export function uncertaintyOf({
  data,
  width,
  height,
  classes,
}: Pick<ScoreMap, 'data' | 'width' | 'height' | 'classes'>): Uncertainty {
  const values = new Float32Array(width * height)
  const most = 1 - 1 / classes
  for (let pixel = 0; pixel < values.length; pixel++) {
    let highest = 0
    for (let id = 0; id < classes; id++) highest = Math.max(highest, data[pixel * classes + id])
    values[pixel] = Math.min(1, Math.max(0, (1 - highest) / most))
  }
  return { width, height, values }
}

/**
 * The middle of the pixel around which the network is the least sure, in shares of the width and height: the mean over 3×3 pixels counts.
 * A pixel that is painted, as a function of such a point says, is none; undefined if all are.
 */
export function leastSure(
  { values, width, height }: Uncertainty,
  isPainted: (point: Point) => boolean,
): Point | undefined {
  let [best, most]: [Point | undefined, number] = [undefined, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const point = { x: (x + 0.5) / width, y: (y + 0.5) / height }
      const mean = meanAround(values, { x, y, width, height })
      if (mean > most && !isPainted(point)) [best, most] = [point, mean]
    }
  return best
}

function meanAround(
  values: Float32Array,
  { x, y, width, height }: Point & { width: number; height: number },
): number {
  let [sum, count] = [0, 0]
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      sum += values[row * width + column]
      count++
    }
  return sum / count
}

/** Red, green, blue and alpha of each pixel: from nothing over orange to a light yellow. */
export function heatOf({ values }: Uncertainty): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4)
  for (const [i, value] of values.entries())
    pixels.set([255, 96 + 159 * value, 160 * value * value, 255 * Math.min(1, 1.2 * value)], 4 * i)
  return pixels
}
