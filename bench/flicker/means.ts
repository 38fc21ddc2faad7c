// The ways to smooth a clip that are compared: exponential means of probabilities or of logits, with or without motion.

import type { ScoreMap } from '../../src/inference/score_map.ts'
import type { Motion } from './block_motion.ts'

export interface Way {
  /** What the mean is of. */
  of: 'probabilities' | 'logits'
  /** The share of the newest frame in the mean. */
  share: number
  /** Whether the mean moves with the picture before the next frame is added. */
  motion: boolean
}

/** The mean after each frame: mean ← share · now + (1 − share) · mean. */
export function smoothed(
  scores: readonly ScoreMap[],
  { of, share, motion }: Way,
  motions: readonly Motion[],
): ScoreMap[] {
  let mean: Float32Array | undefined
  return scores.map((logits, frame) => {
    const now = of === 'logits' ? logits.data : softmaxed(logits)
    const before = mean && (motion ? moved(mean, logits, motions[frame]) : mean)
    mean = before ? now.map((value, i) => before[i] + share * (value - before[i])) : now
    return { ...logits, data: mean }
  })
}

function softmaxed({ data, classes }: ScoreMap): Float32Array {
  const found = new Float32Array(data.length)
  for (let at = 0; at < data.length; at += classes) {
    const highest = Math.max(...data.subarray(at, at + classes))
    let sum = 0
    for (let i = at; i < at + classes; i++) sum += found[i] = Math.exp(data[i] - highest)
    for (let i = at; i < at + classes; i++) found[i] /= sum
  }
  return found
}

/** Where each cell was in the last frame, as the motion says, bilinear. */
function moved(mean: Float32Array, { width, height, classes }: ScoreMap, { dx, dy }: Motion): Float32Array {
  const found = new Float32Array(mean.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const cell = y * width + x
      const corners = cornersOf(clamp(y + dy[cell], height), clamp(x + dx[cell], width), { width, height })
      for (const [at, share] of corners)
        for (let id = 0; id < classes; id++) found[cell * classes + id] += share * mean[at * classes + id]
    }
  return found
}

const clamp = (at: number, count: number) => Math.max(0, Math.min(count - 1, at))

function cornersOf(
  v: number,
  u: number,
  { width, height }: { width: number; height: number },
): [cell: number, share: number][] {
  const [top, left] = [Math.floor(v), Math.floor(u)]
  const [bottom, right] = [Math.min(height - 1, top + 1), Math.min(width - 1, left + 1)]
  const [down, across] = [v - top, u - left]
  return [
    [top * width + left, (1 - down) * (1 - across)],
    [top * width + right, (1 - down) * across],
    [bottom * width + left, down * (1 - across)],
    [bottom * width + right, down * across],
  ]
}

/** The class of each pixel of a larger map, as `upsample_argmax` has it. */
export function classesOf(
  { data, width, height, classes }: ScoreMap,
  size: { width: number; height: number; alignCorners: boolean },
): Uint8Array {
  const mask = new Uint8Array(size.width * size.height)
  const place = (at: number, from: number, to: number) =>
    clamp(size.alignCorners ? (at * (from - 1)) / (to - 1) : ((at + 0.5) * from) / to - 0.5, from)
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const corners = cornersOf(place(y, height, size.height), place(x, width, size.width), { width, height })
      let best = Number.NEGATIVE_INFINITY
      for (let id = 0; id < classes; id++) {
        let value = 0
        for (const [cell, share] of corners) value += share * data[cell * classes + id]
        if (value > best) [best, mask[y * size.width + x]] = [value, id]
      }
    }
  return mask
}
